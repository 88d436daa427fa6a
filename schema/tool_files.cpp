#include "schema/tool_files.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "base/json_reader.h"
#include "base/text.h"
#include "schema/field_rules.h"
#include "schema/placeholders.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

constexpr std::array<std::string_view, 5> kFormats = {"", "commit", "hex", "json", "non-empty"};
constexpr size_t kMaxIdentifierBytes = 64;

std::string ReadIdentifier(JsonReader& reader, std::string_view key) {
  std::string name = reader.String(key);
  if (reader.Holds(key) && !IsIdentifier(name))
    reader.Fail("`" + std::string(key) + "` must be letters, digits and underscores, not \"" + name + "\"", key);
  return name;
}

void ReadFormat(JsonReader& reader, FieldRules& rules) {
  rules.format = reader.String("format", "");
  if (std::find(kFormats.begin(), kFormats.end(), rules.format) == kFormats.end()) {
    reader.Fail("format `" + rules.format + "` is unknown; there are commit, hex, json and non-empty", "format");
  }
  if (!rules.format.empty() && rules.kind && rules.kind != TypeKind::kText)
    reader.Fail("format is for String types only", "format");
}

/// The default of an inserted column: absent, a value of the column, or "now" for times.
std::optional<Json> ReadInsertDefault(JsonReader& reader, const FieldRules& rules) {
  const Json* value = reader.Value("default");
  if (!value) return std::nullopt;
  if (rules.kind == TypeKind::kTime && *value != "now")
    reader.Fail("the default of a time can only be \"now\"", "default");
  CheckSample(reader, rules, "default", *value);
  return *value;
}

InsertColumn ReadInsertColumn(const Json& object, const Spot& spot) {
  JsonReader reader(object, spot.File());
  InsertColumn column;
  column.name = ReadIdentifier(reader, "name");
  column.description = reader.String("description");
  FieldRules rules = ReadFieldRules(reader);
  ReadFormat(reader, rules);
  column.fallback = ReadInsertDefault(reader, rules);
  column.computed = reader.Bool("computed", false);
  if (column.computed && column.fallback) reader.Fail("a column is computed or has a default, not both", "default");
  if (const Json* example = reader.Value("example")) {
    column.example = *example;
    CheckSample(reader, rules, "example", *example);
  } else {
    reader.Fail("`example` is missing");
  }
  column.type = std::move(rules.type);
  column.min = rules.min;
  column.max = rules.max;
  column.allowed = std::move(rules.allowed);
  column.format = std::move(rules.format);
  spot.Finish(reader);
  return column;
}

AnalysisParameter ReadParameter(const Json& object, const Spot& spot) {
  JsonReader reader(object, spot.File());
  AnalysisParameter parameter;
  parameter.name = ReadIdentifier(reader, "name");
  parameter.description = reader.String("description");
  parameter.optional = reader.Bool("optional", false);
  FieldRules rules = ReadFieldRules(reader);
  if (rules.type.starts_with("Nullable(")) reader.Fail("write the plain type and \"optional\": true", "type");
  if (const Json* fallback = reader.Value("default")) {
    CheckSample(reader, rules, "default", *fallback);
    if (parameter.optional) reader.Fail("a parameter is optional or has a default, not both", "default");
    parameter.fallback = *fallback;
  }
  parameter.type = std::move(rules.type);
  parameter.min = rules.min;
  parameter.max = rules.max;
  parameter.allowed = std::move(rules.allowed);
  spot.Finish(reader);
  return parameter;
}

ResultColumn ReadResultColumn(const Json& object, const Spot& spot) {
  JsonReader reader(object, spot.File());
  ResultColumn column;
  column.name = ReadIdentifier(reader, "name");
  column.type = reader.String("type");
  column.description = reader.String("description", "");
  const Result<TypeKind> kind = KindOfType(column.type);
  if (!kind && reader.Holds("type")) reader.Fail(kind.error().message + "; " + kind.error().hint, "type");
  spot.Finish(reader);
  return column;
}

/// Every item of the array `key` through `read`; names must be unique.
template <typename T>
std::vector<T> ReadItems(const Json& array, const std::string& key, const Spot& spot,
                         T (*read)(const Json&, const Spot&)) {
  std::vector<T> items;
  std::set<std::string> names;
  for (size_t i = 0; i < array.size(); ++i) {
    T item = read(array[i], spot.Item(key, i));
    if (!item.name.empty() && !names.insert(item.name).second) {
      spot.At(key, PointerTo(key) + "/" + std::to_string(i)).Fail("`" + item.name + "` is declared twice");
    }
    items.push_back(std::move(item));
  }
  return items;
}

void CheckInsertTool(const InsertTool& tool, const Spot& spot) {
  const auto is_computed = [](const InsertColumn& column) { return column.computed; };
  if (std::all_of(tool.columns.begin(), tool.columns.end(), is_computed))
    spot.At("", "/columns").Fail("columns holds none that a caller must send or that has a default");
  if (tool.partition_column.empty()) return;
  const Spot here = spot.At("", "/partition_column");
  const auto same_name = [&](const InsertColumn& column) { return column.name == tool.partition_column; };
  const auto column = std::find_if(tool.columns.begin(), tool.columns.end(), same_name);
  if (column == tool.columns.end()) return here.Fail("partition_column `" + tool.partition_column + "` is no column");
  const Result<TypeKind> kind = KindOfType(column->type);
  if (!kind || (*kind == TypeKind::kTime && !column->computed)) return;
  here.Fail("partition_column `" + tool.partition_column + "` must be a time that is not computed");
}

std::string PlaceholderType(const AnalysisParameter& parameter) {
  return parameter.optional ? "Nullable(" + parameter.type + ")" : parameter.type;
}

/// Refuses placeholders of `sql` that no parameter declares, or with another type; adds the rest to `used`.
void CheckPlaceholders(const AnalysisTool& tool, std::string_view sql, const Spot& spot, std::set<std::string>& used) {
  Result<std::vector<Placeholder>> placeholders = FindPlaceholders(sql);
  if (!placeholders) return spot.Fail(placeholders.error().message, {}, placeholders.error().position);
  for (const Placeholder& placeholder : *placeholders) {
    const auto same_name = [&](const AnalysisParameter& parameter) { return parameter.name == placeholder.name; };
    const auto parameter = std::find_if(tool.parameters.begin(), tool.parameters.end(), same_name);
    const std::string written = "{" + placeholder.name + ":" + placeholder.type + "}";
    if (parameter == tool.parameters.end()) {
      spot.Fail("no parameter is declared for " + written, {}, placeholder.offset);
      continue;
    }
    used.insert(placeholder.name);
    const std::string type = PlaceholderType(*parameter);
    if (placeholder.type == type || !KindOfType(parameter->type)) continue;
    spot.Fail(written + " must be {" + placeholder.name + ":" + type + "}", {}, placeholder.offset);
  }
}

/// The one statement of a script, without the semicolon that may end it.
std::optional<std::string> OneStatement(std::string_view script, const Spot& spot) {
  Result<std::vector<std::string>> statements = sql::SplitStatements(script);
  if (!statements) {
    spot.Fail(statements.error().message, {}, statements.error().position);
    return std::nullopt;
  }
  if (statements->size() == 1) return std::move(statements->front());
  spot.Fail("must hold one statement, not " + std::to_string(statements->size()));
  return std::nullopt;
}

void ReadNote(AnalysisTool& tool, const std::string& note_sql, const Spot& spot, std::set<std::string>& used) {
  if (note_sql.empty()) return;
  if (tool.single_row) return spot.Fail("a tool with \"result\": \"row\" says it in a column `note`");
  std::optional<std::string> note = OneStatement(note_sql, spot);
  if (!note) return;
  tool.note_sql = std::move(*note);
  CheckPlaceholders(tool, note_sql, spot, used);
}

/// Fills the SQL of `tool` and checks it against the parameters.
void ReadSql(AnalysisTool& tool, const std::string* sql, const std::string* note_sql, const Spot& json) {
  const std::string stem = json.File().substr(0, json.File().rfind(".json"));
  const Spot spot = json.InFile(stem + ".sql");
  std::set<std::string> used;
  std::optional<std::string> statement = sql ? OneStatement(*sql, spot) : std::nullopt;
  if (statement) {
    tool.sql = std::move(*statement);
    CheckPlaceholders(tool, *sql, spot, used);
  }
  for (const AnalysisParameter& parameter : tool.parameters) {
    if (!statement || used.contains(parameter.name) || !IsIdentifier(parameter.name)) continue;
    spot.Fail("parameter `" + parameter.name + "` is not used: write {" + parameter.name + ":" +
              PlaceholderType(parameter) + "} where it belongs");
  }
  if (note_sql) ReadNote(tool, *note_sql, json.InFile(stem + ".note.sql"), used);
}

std::string ReadResultKind(JsonReader& reader) {
  std::string result = reader.String("result");
  if (reader.Holds("result") && result != "row" && result != "rows")
    reader.Fail("`result` must be \"row\" or \"rows\"", "result");
  return result;
}

}  // namespace

bool IsIdentifier(std::string_view name) {
  const auto is_word = [](unsigned char c) { return c < 128 && (std::isalnum(c) || c == '_'); };
  const bool starts_well = !name.empty() && !std::isdigit(static_cast<unsigned char>(name.front()));
  return starts_well && name.size() <= kMaxIdentifierBytes && std::all_of(name.begin(), name.end(), is_word);
}

InsertTool ParseInsertTool(const std::string& name, std::string_view json, const Spot& spot) {
  InsertTool tool;
  tool.name = name;
  const Result<Json> object = ParseJson(json);
  if (!object) spot.Fail(object.error());
  if (!object) return tool;
  JsonReader reader(*object, spot.File());
  tool.title = reader.String("title");
  tool.description = reader.String("description");
  tool.table = ReadIdentifier(reader, "table");
  tool.partition_column = reader.String("partition_column", "");
  const Json& columns = reader.Array("columns");
  const bool listed = reader.Value("columns") == &columns;
  spot.Finish(reader);
  tool.columns = ReadItems(columns, "columns", spot, ReadInsertColumn);
  if (listed) CheckInsertTool(tool, spot);
  return tool;
}

AnalysisTool ParseAnalysisTool(const std::string& name, std::string_view json, const std::string* sql,
                               const std::string* note_sql, const Spot& spot) {
  AnalysisTool tool;
  tool.name = name;
  const Result<Json> object = ParseJson(json);
  if (!object) spot.Fail(object.error());
  if (!object) return tool;
  JsonReader reader(*object, spot.File());
  tool.title = reader.String("title");
  tool.description = reader.String("description");
  tool.single_row = ReadResultKind(reader) == "row";
  const Json& parameters = reader.Array("parameters");
  const Json& columns = reader.Array("columns");
  const bool has_parameters = reader.Value("parameters") == &parameters;
  const bool has_columns = reader.Value("columns") == &columns;
  spot.Finish(reader);
  tool.parameters = ReadItems(parameters, "parameters", spot, ReadParameter);
  tool.columns = ReadItems(columns, "columns", spot, ReadResultColumn);
  if (has_columns && tool.columns.empty()) spot.At("", "/columns").Fail("columns is empty");
  if (has_parameters) ReadSql(tool, sql, note_sql, spot);
  return tool;
}

}  // namespace chimera::schema
