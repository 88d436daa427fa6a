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

Error Invalid(const std::string& where, const std::string& message) {
  return MakeError(ErrorCode::kInvalidArgument, where + ": " + message);
}

std::string ReadIdentifier(JsonReader& reader, std::string_view key) {
  std::string name = reader.String(key);
  if (!IsIdentifier(name))
    reader.Fail("`" + std::string(key) + "` must be letters, digits and underscores, not \"" + name + "\"");
  return name;
}

void ReadFormat(JsonReader& reader, FieldRules& rules) {
  rules.format = reader.String("format", "");
  if (std::find(kFormats.begin(), kFormats.end(), rules.format) == kFormats.end()) {
    reader.Fail("format `" + rules.format + "` is unknown; there are commit, hex, json and non-empty");
  }
  if (!rules.format.empty() && rules.kind != TypeKind::kText) reader.Fail("format is for String types only");
}

/// The default of an inserted column: absent, a value of the column, or "now" for times.
std::optional<Json> ReadInsertDefault(JsonReader& reader, const FieldRules& rules) {
  const Json* value = reader.Value("default");
  if (!value) return std::nullopt;
  if (rules.kind == TypeKind::kTime && *value != "now") reader.Fail("the default of a time can only be \"now\"");
  CheckSample(reader, rules, "default", *value);
  return *value;
}

Result<InsertColumn> ReadInsertColumn(const Json& object, const std::string& where) {
  JsonReader reader(object, where);
  InsertColumn column;
  column.name = ReadIdentifier(reader, "name");
  column.description = reader.String("description");
  FieldRules rules = ReadFieldRules(reader);
  ReadFormat(reader, rules);
  column.fallback = ReadInsertDefault(reader, rules);
  column.computed = reader.Bool("computed", false);
  if (column.computed && column.fallback) reader.Fail("a column is computed or has a default, not both");
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
  if (Status status = reader.Finish(); !status) return status.error();
  return column;
}

Result<AnalysisParameter> ReadParameter(const Json& object, const std::string& where) {
  JsonReader reader(object, where);
  AnalysisParameter parameter;
  parameter.name = ReadIdentifier(reader, "name");
  parameter.description = reader.String("description");
  parameter.optional = reader.Bool("optional", false);
  FieldRules rules = ReadFieldRules(reader);
  if (rules.type.starts_with("Nullable(")) reader.Fail("write the plain type and \"optional\": true");
  if (const Json* fallback = reader.Value("default")) {
    CheckSample(reader, rules, "default", *fallback);
    if (parameter.optional) reader.Fail("a parameter is optional or has a default, not both");
    parameter.fallback = *fallback;
  }
  parameter.type = std::move(rules.type);
  parameter.min = rules.min;
  parameter.max = rules.max;
  parameter.allowed = std::move(rules.allowed);
  if (Status status = reader.Finish(); !status) return status.error();
  return parameter;
}

Result<ResultColumn> ReadResultColumn(const Json& object, const std::string& where) {
  JsonReader reader(object, where);
  ResultColumn column;
  column.name = ReadIdentifier(reader, "name");
  column.type = reader.String("type");
  column.description = reader.String("description", "");
  const Result<TypeKind> kind = KindOfType(column.type);
  if (!kind) reader.Fail(kind.error().message + "; " + kind.error().hint);
  if (Status status = reader.Finish(); !status) return status.error();
  return column;
}

/// Every item of `array` through `read`; names must be unique.
template <typename T>
Result<std::vector<T>> ReadItems(const Json& array, const std::string& where,
                                 Result<T> (*read)(const Json&, const std::string&)) {
  std::vector<T> items;
  std::set<std::string> names;
  for (size_t i = 0; i < array.size(); ++i) {
    Result<T> item = read(array[i], where + "[" + std::to_string(i) + "]");
    if (!item) return item.error();
    if (!names.insert(item->name).second) return Invalid(where, "`" + item->name + "` is declared twice");
    items.push_back(std::move(*item));
  }
  return items;
}

Status CheckInsertTool(const InsertTool& tool, const std::string& where) {
  const auto is_computed = [](const InsertColumn& column) { return column.computed; };
  if (std::all_of(tool.columns.begin(), tool.columns.end(), is_computed))
    return Invalid(where, "columns holds none that a caller must send or that has a default");
  if (tool.partition_column.empty()) return Ok();
  const auto same_name = [&](const InsertColumn& column) { return column.name == tool.partition_column; };
  const auto column = std::find_if(tool.columns.begin(), tool.columns.end(), same_name);
  if (column == tool.columns.end())
    return Invalid(where, "partition_column `" + tool.partition_column + "` is no column");
  const Result<TypeKind> kind = KindOfType(column->type);
  if (kind && *kind == TypeKind::kTime && !column->computed) return Ok();
  return Invalid(where, "partition_column `" + tool.partition_column + "` must be a time that is not computed");
}

std::string PlaceholderType(const AnalysisParameter& parameter) {
  return parameter.optional ? "Nullable(" + parameter.type + ")" : parameter.type;
}

/// Refuses placeholders of `sql` that no parameter declares, or with another type; adds the rest to `used`.
Status CheckPlaceholders(const AnalysisTool& tool, std::string_view sql, const std::string& where,
                         std::set<std::string>& used) {
  Result<std::vector<Placeholder>> placeholders = FindPlaceholders(sql);
  if (!placeholders) return Invalid(where, placeholders.error().message);
  for (const Placeholder& placeholder : *placeholders) {
    const auto same_name = [&](const AnalysisParameter& parameter) { return parameter.name == placeholder.name; };
    const auto parameter = std::find_if(tool.parameters.begin(), tool.parameters.end(), same_name);
    const std::string written = "{" + placeholder.name + ":" + placeholder.type + "}";
    if (parameter == tool.parameters.end()) return Invalid(where, "no parameter is declared for " + written);
    const std::string type = PlaceholderType(*parameter);
    if (placeholder.type != type) return Invalid(where, written + " must be {" + placeholder.name + ":" + type + "}");
    used.insert(placeholder.name);
  }
  return Ok();
}

/// The one statement of a script, without the semicolon that may end it.
Result<std::string> OneStatement(std::string_view script, const std::string& where) {
  Result<std::vector<std::string>> statements = sql::SplitStatements(script);
  if (!statements) return Invalid(where, statements.error().message);
  if (statements->size() == 1) return std::move(statements->front());
  return Invalid(where, "must hold one statement, not " + std::to_string(statements->size()));
}

/// Fills the SQL of `tool` and checks it against the parameters. `stem` is the path without its extension.
Status ReadSql(AnalysisTool& tool, std::string_view sql, std::string_view note_sql, const std::string& stem) {
  std::set<std::string> used;
  Result<std::string> statement = OneStatement(sql, stem + ".sql");
  if (!statement) return statement.error();
  tool.sql = std::move(*statement);
  if (Status status = CheckPlaceholders(tool, tool.sql, stem + ".sql", used); !status) return status;
  for (const AnalysisParameter& parameter : tool.parameters) {
    if (used.contains(parameter.name)) continue;
    return Invalid(stem + ".sql", "parameter `" + parameter.name + "` is not used: write {" + parameter.name + ":" +
                                      PlaceholderType(parameter) + "} where it belongs");
  }
  if (note_sql.empty()) return Ok();
  if (tool.single_row) return Invalid(stem + ".note.sql", "a tool with \"result\": \"row\" says it in a column `note`");
  Result<std::string> note = OneStatement(note_sql, stem + ".note.sql");
  if (!note) return note.error();
  tool.note_sql = std::move(*note);
  return CheckPlaceholders(tool, tool.note_sql, stem + ".note.sql", used);
}

std::string ReadResultKind(JsonReader& reader) {
  std::string result = reader.String("result");
  if (result != "row" && result != "rows") reader.Fail("`result` must be \"row\" or \"rows\"");
  return result;
}

}  // namespace

bool IsIdentifier(std::string_view name) {
  const auto is_word = [](unsigned char c) { return c < 128 && (std::isalnum(c) || c == '_'); };
  const bool starts_well = !name.empty() && !std::isdigit(static_cast<unsigned char>(name.front()));
  return starts_well && name.size() <= kMaxIdentifierBytes && std::all_of(name.begin(), name.end(), is_word);
}

Result<InsertTool> ParseInsertTool(const std::string& name, std::string_view json, const std::string& where) {
  const Result<Json> object = ParseJson(json);
  if (!object) return Invalid(where, object.error().message);
  JsonReader reader(*object, where);
  InsertTool tool;
  tool.name = name;
  tool.title = reader.String("title");
  tool.description = reader.String("description");
  tool.table = ReadIdentifier(reader, "table");
  tool.partition_column = reader.String("partition_column", "");
  const Json& columns = reader.Array("columns");
  if (Status status = reader.Finish(); !status) return status.error();
  Result<std::vector<InsertColumn>> read = ReadItems(columns, where + ": columns", ReadInsertColumn);
  if (!read) return read.error();
  tool.columns = std::move(*read);
  if (Status status = CheckInsertTool(tool, where); !status) return status.error();
  return tool;
}

Result<AnalysisTool> ParseAnalysisTool(const std::string& name, std::string_view json, std::string_view sql,
                                       std::string_view note_sql, const std::string& where) {
  const Result<Json> object = ParseJson(json);
  if (!object) return Invalid(where, object.error().message);
  JsonReader reader(*object, where);
  AnalysisTool tool;
  tool.name = name;
  tool.title = reader.String("title");
  tool.description = reader.String("description");
  tool.single_row = ReadResultKind(reader) == "row";
  const Json& parameters = reader.Array("parameters");
  const Json& columns = reader.Array("columns");
  if (Status status = reader.Finish(); !status) return status.error();
  Result<std::vector<AnalysisParameter>> read_parameters = ReadItems(parameters, where + ": parameters", ReadParameter);
  if (!read_parameters) return read_parameters.error();
  tool.parameters = std::move(*read_parameters);
  Result<std::vector<ResultColumn>> read_columns = ReadItems(columns, where + ": columns", ReadResultColumn);
  if (!read_columns) return read_columns.error();
  tool.columns = std::move(*read_columns);
  if (tool.columns.empty()) return Invalid(where, "columns is empty");
  const std::string stem = where.substr(0, where.rfind(".json"));
  if (Status status = ReadSql(tool, sql, note_sql, stem); !status) return status.error();
  return tool;
}

}  // namespace chimera::schema
