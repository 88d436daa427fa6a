#include "ingest/row_lookup.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/text.h"
#include "clickhouse/deduplication.h"
#include "ingest/row_reader.h"
#include "sql/lexer.h"
#include "sql/type_name.h"

namespace chimera::ingest {
namespace {

constexpr size_t kSampledRows = 4;
constexpr size_t kMaxComparedBytes = 100;  // parameters travel in the URL

std::vector<std::string_view> SampledLines(std::string_view body) {
  const auto rows = static_cast<size_t>(std::count(body.begin(), body.end(), '\n'));
  std::set<size_t> wanted;
  for (size_t i = 0; rows > 0 && i < kSampledRows; ++i) wanted.insert(i * (rows - 1) / (kSampledRows - 1));
  std::vector<std::string_view> lines;
  size_t row = 0;
  ForEachLine(body, [&](std::string_view line) {
    if (wanted.contains(row++)) lines.push_back(line);
    return true;
  });
  return lines;
}

/// What stands for a column in a comparison, and the type of what it is compared with.
struct Comparable {
  std::string expression;
  std::string type;
};

/// The scale of a DateTime64, or nothing.
std::optional<int> ScaleOf(std::string_view type) {
  if (!type.starts_with("DateTime64(")) return std::nullopt;
  int scale = 0;
  const std::string_view number = type.substr(std::string_view("DateTime64(").size());
  std::from_chars(number.data(), number.data() + number.size(), scale);
  return scale;
}

std::optional<Comparable> CompareTime(const std::string& column, std::string_view type, const Json& value) {
  const std::optional<int> scale = ScaleOf(type);
  if (value.is_string() && scale) {
    return Comparable{column + " = parseDateTime64BestEffort(", std::to_string(*scale)};
  }
  if (!value.is_number_integer()) return std::nullopt;
  if (type.starts_with("DateTime") && !scale) return Comparable{"toUnixTimestamp(" + column + ")", "Int64"};
  if (scale == 3) return Comparable{"toUnixTimestamp64Milli(" + column + ")", "Int64"};
  if (scale == 6) return Comparable{"toUnixTimestamp64Micro(" + column + ")", "Int64"};
  return std::nullopt;
}

class Lookup {
 public:
  Lookup(const Destination& to, const LiveColumns& columns) : to_(to), columns_(columns) {}

  /// Adds the condition for one row; false when there is nothing to tell it by.
  bool Add(std::string_view line) {
    const auto row = ParseJson(line);
    if (!row.ok() || !row->is_object()) return false;
    std::vector<std::string> parts;
    for (const auto& [name, value] : row->items()) {
      const auto column = columns_.find(name);
      if (column == columns_.end()) continue;
      if (auto part = Compare(sql::QuoteIdentifier(name), sql::BareType(column->second), value))
        parts.push_back(*std::move(part));
    }
    if (parts.empty()) return false;
    const std::string condition = Join(parts, " AND ");
    if (std::find(rows_.begin(), rows_.end(), condition) == rows_.end()) rows_.push_back(condition);
    return true;
  }

  clickhouse::Query Take() {
    std::vector<std::string> found;
    for (const std::string& row : rows_) found.push_back("max(" + row + ")");
    query_.sql = "SELECT " + Join(found, " + ") +
                 ", (SELECT any(engine) FROM system.tables WHERE database = " + Bind("String", to_.database) +
                 " AND name = " + Bind("String", to_.table) + ") FROM " + sql::QuoteIdentifier(to_.database) + "." +
                 sql::QuoteIdentifier(to_.table) + " WHERE " + Join(rows_, " OR ");
    return std::move(query_);
  }
  size_t Rows() const { return rows_.size(); }

 private:
  std::optional<std::string> Compare(const std::string& column, std::string_view type, const Json& value) {
    if (type.starts_with("DateTime")) {
      const auto time = CompareTime(column, type, value);
      if (!time) return std::nullopt;
      if (value.is_string()) {
        return time->expression + Bind("String", value.get<std::string>()) + ", " + time->type + ", 'UTC')";
      }
      return time->expression + " = " + Bind(time->type, ToText(value));
    }
    const bool whole = type.starts_with("Int") || type.starts_with("UInt");
    const bool exact = type == "String" || type.starts_with("FixedString") || type == "UUID" || type == "Bool" || whole;
    if (!exact || value.is_structured() || value.is_null() || value.is_number_float()) return std::nullopt;
    std::string text = value.is_string() ? value.get<std::string>() : ToText(value);
    if (text.size() > kMaxComparedBytes) return std::nullopt;
    return column + " = " + Bind(std::string(type), std::move(text));
  }

  /// The same value has the same placeholder, so that equal rows have equal conditions.
  std::string Bind(const std::string& type, std::string value) {
    for (const auto& [placeholder, known] : bound_) {
      if (known == std::pair(type, value)) return placeholder;
    }
    const std::string name = "p" + std::to_string(query_.parameters.size());
    bound_.push_back({"{" + name + ":" + type + "}", {type, value}});
    query_.parameters.push_back({.name = name, .value = std::move(value), .is_null = false});
    return bound_.back().first;
  }

  const Destination& to_;
  const LiveColumns& columns_;
  clickhouse::Query query_;
  std::vector<std::pair<std::string, std::pair<std::string, std::string>>> bound_;
  std::vector<std::string> rows_;
};

}  // namespace

Result<bool> HoldsRows(const RequestContext& context, clickhouse::Client& client, const Destination& to,
                       const LiveColumns& columns, std::string_view body) {
  Lookup lookup(to, columns);
  for (const std::string_view line : SampledLines(body)) {
    if (!lookup.Add(line)) return true;
  }
  const size_t sampled = lookup.Rows();
  if (sampled == 0) return true;
  auto rows = client.Read(context, lookup.Take());
  if (!rows) return std::move(rows).error();
  const Json found = rows->Parsed().at(0);
  const uint64_t count = found.at(0).is_null()     ? 0
                         : found.at(0).is_string() ? std::stoull(found.at(0).get<std::string>())
                                                   : found.at(0).get<uint64_t>();
  const std::string engine = found.at(1).is_string() ? found.at(1).get<std::string>() : "";
  return count >= (clickhouse::MergesRows(engine) ? 1 : sampled);
}

}  // namespace chimera::ingest
