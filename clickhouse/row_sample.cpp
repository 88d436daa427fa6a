#include "clickhouse/row_sample.h"

#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/text.h"
#include "sql/lexer.h"
#include "sql/type_name.h"

namespace chimera::clickhouse {
namespace {

namespace ondemand = simdjson::ondemand;

constexpr size_t kSampledRows = 4;
constexpr size_t kMaxComparedBytes = 100;  // parameters travel in the URL

std::vector<std::string_view> SampledLines(std::string_view body) {
  const auto ends = static_cast<size_t>(std::count(body.begin(), body.end(), '\n'));
  const size_t rows = ends + (body.empty() || body.back() == '\n' ? 0 : 1);
  std::set<size_t> wanted;
  for (size_t i = 0; rows > 0 && i < kSampledRows; ++i) wanted.insert(i * (rows - 1) / (kSampledRows - 1));
  std::vector<std::string_view> lines;
  for (size_t row = 0; row < rows; ++row) {
    const size_t end = std::min(body.find('\n'), body.size());
    if (wanted.contains(row)) lines.push_back(body.substr(0, end));
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return lines;
}

/// A value that is not composite: the decoded text of a string, otherwise the JSON text.
struct Scalar {
  std::string text;
  bool quoted = false;
};

std::optional<Scalar> ReadScalar(ondemand::value value) {
  ondemand::json_type type;
  if (value.type().get(type)) return std::nullopt;
  std::string_view text;
  if (type == ondemand::json_type::string) {
    if (value.get_string().get(text) || text.size() > kMaxComparedBytes) return std::nullopt;
    return Scalar{std::string(text), true};
  }
  if (type != ondemand::json_type::number && type != ondemand::json_type::boolean) return std::nullopt;
  return Scalar{std::string(Trim(value.raw_json_token())), false};
}

bool IsWhole(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsNumber(std::string_view text) {
  return !text.empty() && text.find_first_not_of("+-0123456789.eE") == std::string_view::npos;
}

bool IsDay(std::string_view text) {
  return text.size() == 10 && text[4] == '-' && text[7] == '-' &&
         text.find_first_not_of("-0123456789") == std::string_view::npos;
}

/// Whether the parameter of that type has the value that the database read from the insert.
bool ComparesAsIs(std::string_view type, const Scalar& value) {
  const std::string_view family = sql::TypeFamily(type);
  if (family == "String" || family == "FixedString" || family == "UUID") return value.quoted;
  if (family == "Bool") return value.text == "true" || value.text == "false";
  if (sql::IsIntegerType(type)) return IsWhole(value.text) && (type[0] == 'I' || value.text[0] != '-');
  if (family.starts_with("Decimal")) return IsNumber(value.text);
  if (family.starts_with("Float")) return !value.quoted && IsNumber(value.text);
  return family.starts_with("Date") && value.quoted && IsDay(value.text);
}

/// A DateTime64 of so many ticks, in a form that keys are searched by.
std::string FromTicks(const std::string& ticks, const std::string& scale) {
  for (const auto& [known, unit] : {std::pair("3", "Milli"), std::pair("6", "Micro"), std::pair("9", "Nano")}) {
    if (scale == known) return std::string("fromUnixTimestamp64") + unit + "(" + ticks + ")";
  }
  return "reinterpret(" + ticks + ", 'DateTime64(" + scale + ")')";
}

/// The condition that a column has the value, as the database read it from the insert; nothing where that depends on
/// more than the value.
std::optional<std::string> CompareTime(RowSample& sample, const std::string& column, std::string_view type,
                                       const Scalar& value) {
  const bool counted = !value.quoted && IsWhole(value.text);
  if (!type.starts_with("DateTime64(")) {
    if (!counted) return std::nullopt;
    return column + " = toDateTime(" + sample.Bind("Int64", value.text) + ")";
  }
  const std::string scale(sql::TypeArguments(type).front());
  if (counted) return column + " = " + FromTicks(sample.Bind("Int64", value.text), scale);
  if (!value.quoted) return std::nullopt;
  return column + " = parseDateTime64BestEffort(" + sample.Bind("String", value.text) + ", " + scale + ", 'UTC')";
}

std::optional<std::string> Compare(RowSample& sample, const std::string& name, std::string_view type,
                                   const Scalar& value) {
  const std::string column = sql::QuoteIdentifier(name);
  const std::string_view family = sql::TypeFamily(type);
  if (family.starts_with("DateTime")) return CompareTime(sample, column, type, value);
  if (family.starts_with("Enum")) {
    if (!value.quoted) return std::nullopt;
    return "toString(" + column + ") = " + sample.Bind("String", value.text);
  }
  if (!ComparesAsIs(type, value)) return std::nullopt;
  return column + " = " + sample.Bind(std::string(type), value.text);
}

/// Hands out the columns of a row; false: it cannot be read.
template <typename Take>
bool ForEachValue(std::string_view line, const Insert& insert, Take take) {
  const simdjson::padded_string padded(line);
  ondemand::parser parser;
  ondemand::document document;
  if (parser.iterate(padded).get(document)) return false;
  ondemand::value value;
  if (insert.format == "JSONCompactEachRow") {
    ondemand::array row;
    if (document.get_array().get(row)) return false;
    size_t column = 0;
    for (auto element : row) {
      if (element.get(value) || column == insert.columns.size()) return false;
      take(insert.columns[column++], value);
    }
    return true;
  }
  ondemand::object row;
  if (document.get_object().get(row)) return false;
  for (auto field : row) {
    std::string_view name;
    if (field.unescaped_key().get(name) || field.value().get(value)) return false;
    take(name, value);
  }
  return true;
}

}  // namespace

RowSample::RowSample(const Insert& insert, const ColumnTypes& types) {
  for (const std::string_view line : SampledLines(insert.body)) Add(line, insert, types);
}

void RowSample::Add(std::string_view line, const Insert& insert, const ColumnTypes& types) {
  std::vector<std::string> parts;
  const bool whole = ForEachValue(line, insert, [&](std::string_view name, ondemand::value value) {
    const auto type = types.find(name);
    const auto scalar = type == types.end() ? std::nullopt : ReadScalar(value);
    auto part = scalar ? Compare(*this, type->first, sql::BareType(type->second), *scalar) : std::nullopt;
    if (part) parts.push_back(*std::move(part));
  });
  if (!whole || parts.empty()) return;
  std::string condition = "(" + Join(parts, " AND ") + ")";
  if (std::find(rows_.begin(), rows_.end(), condition) == rows_.end()) rows_.push_back(std::move(condition));
}

std::string RowSample::Found() const {
  std::vector<std::string> found;
  for (const std::string& row : rows_) found.push_back("(countIf" + row + " > 0)");
  return Join(found, " + ");
}

std::string RowSample::Condition() const {
  return "(" + Join(rows_, " OR ") + ")";
}

std::string RowSample::Bind(const std::string& type, std::string value) {
  std::string& placeholder = bound_[{type, value}];
  if (!placeholder.empty()) return placeholder;
  std::string name = "p" + std::to_string(parameters_.size());
  placeholder = "{" + name + ":" + type + "}";
  parameters_.push_back({.name = std::move(name), .value = std::move(value), .is_null = false});
  return placeholder;
}

}  // namespace chimera::clickhouse
