#include "ingest/row_shape.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <set>

#include "base/json.h"
#include "base/text.h"
#include "ingest/position.h"
#include "ingest/row_reader.h"
#include "sql/type_name.h"

namespace chimera::ingest {
namespace {

enum class Kind { kNull, kBool, kInteger, kBigInteger, kFraction, kText, kNested };

/// What a column takes, as far as it is decided here.
enum class Takes { kAnything, kBool, kInteger, kNumber, kText };

std::string_view Name(Kind kind) {
  constexpr std::array<std::string_view, 7> kNames = {
      "null",       "a boolean", "a whole number",    "a whole number beyond Int64",
      "a fraction", "a text",    "an object or array"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view TypeFor(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return "Nullable(Bool)";
    case Kind::kInteger:
      return "Nullable(Int64)";
    case Kind::kBigInteger:
      return "Nullable(UInt64)";
    case Kind::kFraction:
      return "Nullable(Float64)";
    default:
      return "Nullable(String)";
  }
}

bool TakesNull(std::string_view type) {
  const std::string_view family = sql::TypeFamily(type);
  if (family == "SimpleAggregateFunction") {
    const auto arguments = sql::TypeArguments(type);  // the function, then what it is of
    return !arguments.empty() && TakesNull(arguments.back());
  }
  return sql::IsNullableType(type) || family == "JSON" || family == "Dynamic" || family == "Variant";
}

Takes WhatTakes(std::string_view type) {
  const std::string_view bare = sql::BareType(type);
  if (bare == "Bool") return Takes::kBool;
  if (bare.starts_with("Int") || bare.starts_with("UInt")) {
    return bare.starts_with("Interval") ? Takes::kAnything : Takes::kInteger;
  }
  if (bare.starts_with("Float") || bare.starts_with("BFloat") || bare.starts_with("Decimal")) return Takes::kNumber;
  return bare == "String" || bare.starts_with("FixedString") ? Takes::kText : Takes::kAnything;
}

bool IsNumberText(std::string_view text, bool whole) {
  if (text.empty()) return false;
  if (!whole && (text == "nan" || text == "inf" || text == "-inf")) return true;
  const std::string_view allowed = whole ? "-0123456789" : "+-0123456789.eE";
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

struct Value {
  Kind kind = Kind::kNull;
  std::string_view source;  ///< JSON text
  std::string_view text;    ///< of a string without escapes, else empty
};

bool Fits(Takes takes, const Value& value, std::string_view type) {
  switch (takes) {
    case Takes::kBool:
      return value.kind == Kind::kBool;
    case Takes::kInteger:
      if (value.kind == Kind::kText) return IsNumberText(value.text, true);
      return value.kind == Kind::kInteger || (value.kind == Kind::kBigInteger && sql::BareType(type) != "Int64");
    case Takes::kNumber:
      if (value.kind == Kind::kText) return IsNumberText(value.text, false);
      return value.kind == Kind::kInteger || value.kind == Kind::kBigInteger || value.kind == Kind::kFraction;
    case Takes::kText:
      return value.kind == Kind::kText;
    case Takes::kAnything:
      break;
  }
  return true;
}

Kind NumberKind(std::string_view source) {
  if (source.find_first_of(".eE") != std::string_view::npos) return Kind::kFraction;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(source.data(), source.data() + source.size(), number);
  return error == std::errc() ? Kind::kInteger : Kind::kBigInteger;
}

Value ValueOf(std::string_view json) {
  switch (json.front()) {
    case '{':
    case '[':
      return {Kind::kNested, json, {}};
    case 'n':
      return {Kind::kNull, json, {}};
    case 't':
    case 'f':
      return {Kind::kBool, json, {}};
    case '"':
      return {Kind::kText, json, json.substr(1, json.size() - 2)};
    default:
      return {NumberKind(json), json, {}};
  }
}

class Shaper {
 public:
  Shaper(const Batch& batch, const LiveColumns& live, bool evolve)
      : batch_(batch), live_(live), evolve_(evolve), positioned_(live.contains(kPositionColumn)) {}

  Result<Shaped> Run(std::vector<Entry> entries) {
    for (const Entry& entry : entries) {
      if (!evolve_) break;
      const auto learn = [this](std::string_view, const RowFields& row) { return Learn(row), true; };
      if (!rows_.Read(entry.slice.body, learn)) return Broken();
    }
    for (const Entry& entry : entries) {
      const auto sort = [&](std::string_view line, const RowFields& row) { return Sort(entry, line, row), true; };
      if (!rows_.Read(entry.slice.body, sort)) return Broken();
    }
    for (const auto& [name, kind] : learned_) shaped_.added.emplace_back(name, TypeFor(kind));
    shaped_.columns.assign(filled_.begin(), filled_.end());
    return std::move(shaped_);
  }

 private:
  Error Broken() const {
    return MakeError(ErrorCode::kInternal,
                     "batch " + batch_.id + " of " + batch_.to.FullName() + " holds what is not lines of JSON objects");
  }

  /// Decides the types of fields without a column.
  void Learn(const RowFields& row) {
    for (const auto& [name, json] : row) {
      const Kind kind = ValueOf(json).kind;
      if (live_.contains(name) || kind == Kind::kNull) continue;
      const auto [known, is_new] = learned_.try_emplace(std::string(name), kind);
      if (!is_new && known->second == Kind::kInteger && kind == Kind::kFraction) known->second = kind;
    }
  }

  void Sort(const Entry& entry, std::string_view line, const RowFields& row) {
    RowFields fields;  // that have a column; the others are null
    for (const RowField& field : row) {
      if (std::string reason = WhyNot(field.name, ValueOf(field.json)); !reason.empty())
        return Bury(entry, line, std::move(reason));
      if (live_.contains(field.name) || learned_.contains(field.name)) fields.push_back(field);
    }
    std::string kept = fields.size() < row.size() ? Rewritten(fields) : std::string(line);
    if (positioned_) AddPosition(entry.position, fields, kept);
    for (const auto& [name, json] : fields) {
      if (!filled_.contains(name)) filled_.emplace(name);
    }
    Keep(entry, kept);
  }

  static std::string Rewritten(const RowFields& fields) {
    std::string row;
    for (const auto& [name, json] : fields) {
      row += row.empty() ? '{' : ',';
      AppendJsonString(row, name);
      row.append(":").append(json);
    }
    return (row.empty() ? "{" : row) + "}";
  }

  static void AddPosition(Position position, RowFields& fields, std::string& row) {
    const bool there =
        std::any_of(fields.begin(), fields.end(), [](const RowField& field) { return field.name == kPositionColumn; });
    if (there) return;
    row.pop_back();
    if (!fields.empty()) row += ',';
    row.append("\"").append(kPositionColumn).append("\":\"").append(PositionText(position)).append("\"}");
    fields.emplace_back(kPositionColumn, "");
  }

  std::string WhyNot(std::string_view name, const Value& value) const {
    std::string type;
    if (const auto column = live_.find(name); column != live_.end()) {
      type = column->second;
    } else if (const auto field = learned_.find(name); field != learned_.end()) {
      type = TypeFor(field->second);
    } else {
      return value.kind == Kind::kNull && evolve_ ? "" : NoColumn(name);
    }
    const bool fits = value.kind == Kind::kNull ? TakesNull(type) : Fits(WhatTakes(type), value, type);
    return fits ? "" : Misfit(name, type, value);
  }

  std::string NoColumn(std::string_view name) const {
    return "unknown_column: " + batch_.to.FullName() + " has no column `" + std::string(name) +
           "`; add it to the dataset's migrations, or let its tables grow with CHIMERA_EVOLVE=" + batch_.to.dataset +
           ", then replay this row";
  }

  std::string Misfit(std::string_view name, const std::string& type, const Value& value) const {
    return "schema_conflict: `" + std::string(name) + "` of " + batch_.to.FullName() + " is " + type +
           ", and this row has " + std::string(Name(value.kind)) + " there: " + Cut(value.source, 200) +
           "; send it as the column's type or under another name, or change the column and replay this row";
  }

  void Keep(const Entry& entry, std::string_view line) {
    auto& kept = shaped_.kept;
    if (kept.empty() || kept.back().position != entry.position || kept.back().slice.day != entry.slice.day) {
      kept.push_back({entry.position, {entry.slice.day, 0, {}}});
      kept.back().slice.body.reserve(entry.slice.body.size());
    }
    kept.back().slice.body.append(line).push_back('\n');
    ++kept.back().slice.rows;
  }

  void Bury(const Entry& entry, std::string_view line, std::string reason) {
    shaped_.dead.push_back({.to = batch_.to,
                            .position = entry.position,
                            .day = entry.slice.day,
                            .batch = batch_.id,
                            .row = std::string(line),
                            .reason = std::move(reason),
                            .at = std::chrono::system_clock::now()});
  }

  const Batch& batch_;
  const LiveColumns& live_;
  const bool evolve_;
  const bool positioned_;  ///< the table has a column for positions
  RowReader rows_;
  std::map<std::string, Kind, std::less<>> learned_;
  std::set<std::string, std::less<>> filled_;
  Shaped shaped_;
};

}  // namespace

Result<Shaped> Shape(const Batch& batch, std::vector<Entry> entries, const LiveColumns& live, bool evolve) {
  return Shaper(batch, live, evolve).Run(std::move(entries));
}

}  // namespace chimera::ingest
