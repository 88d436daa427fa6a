// A declared analysis as a tool: its schemas come from the declaration, its answer from the declared SQL.
#include <algorithm>

#include "base/text.h"
#include "tools/answer.h"
#include "tools/catalog.h"
#include "tools/parameter_value.h"
#include "tools/privacy.h"
#include "tools/table_query.h"
#include "tools/toolset.h"
#include "tools/type_name.h"

namespace chimera::tools {
namespace {

constexpr uint64_t kMaxRows = 500;
constexpr uint64_t kMaxBytes = 1 << 20;

Json TypeOfArgument(std::string_view type) {
  const std::string_view bare = BareType(type);
  if (IsIntegerType(bare)) return "integer";
  if (TypeFamily(bare) == "Array") return "array";
  if (bare == "Bool") return "boolean";
  return IsNumericType(bare) ? "number" : "string";
}

Json ParameterSchema(const schema::AnalysisParameter& parameter) {
  Json schema = {{"type", TypeOfArgument(parameter.type)}};
  if (!parameter.description.empty()) schema["description"] = parameter.description;
  if (parameter.min) schema["minimum"] = PlainNumber(*parameter.min);
  if (parameter.max) schema["maximum"] = PlainNumber(*parameter.max);
  if (!parameter.allowed.empty()) schema["enum"] = parameter.allowed;
  if (parameter.fallback) schema["default"] = *parameter.fallback;
  return schema;
}

Json InputSchema(const schema::AnalysisTool& declaration) {
  Json properties = Json::object();
  std::vector<std::string> required;
  for (const auto& parameter : declaration.parameters) {
    properties[parameter.name] = ParameterSchema(parameter);
    if (!parameter.optional && !parameter.fallback) required.push_back(parameter.name);
  }
  return ArgumentsSchema(std::move(properties), required);
}

Json RowSchema(const schema::AnalysisTool& declaration) {
  Json properties = Json::object();
  for (const auto& column : declaration.columns) {
    properties[column.name] = AnswerSchema(column.type);
    if (!column.description.empty()) properties[column.name]["description"] = column.description;
  }
  // Not listing all of them as required keeps the definition short; the SQL always yields every column.
  return {{"type", "object"}, {"properties", std::move(properties)}};
}

Json TableSchema(const schema::AnalysisTool& declaration) {
  std::vector<std::string> columns;
  for (const auto& column : declaration.columns) {
    columns.push_back(column.name + (column.description.empty() ? "" : " (" + column.description + ")"));
  }
  Json properties = RowsProperties();
  properties["rows"]["description"] = "each: " + Join(columns, ", ");
  properties["note"] = {{"type", "string"}};
  return ObjectSchema(std::move(properties));
}

mcp::ToolDefinition Define(const schema::AnalysisTool& declaration) {
  return {declaration.name,
          declaration.title,
          declaration.description,
          InputSchema(declaration),
          declaration.single_row ? RowSchema(declaration) : TableSchema(declaration),
          {}};
}

// The schema promises a number or null where the database prints "nan" or "inf".
Json WithoutNan(Json value, std::string_view type) {
  const std::string_view bare = BareType(type), family = TypeFamily(bare);
  if (family.starts_with("Float")) return value.is_string() ? Json() : value;
  const bool list = family == "Array" || family == "Tuple";
  if (!list || !value.is_array()) return value;
  const auto types = TypeArguments(bare);
  for (size_t i = 0; i < value.size(); ++i) {
    if (family == "Array" || i < types.size())
      value[i] = WithoutNan(std::move(value[i]), types[family == "Array" ? 0 : i]);
  }
  return value;
}

class AnalysisTool final : public JsonTool {
 public:
  AnalysisTool(clickhouse::Client& client, Catalog& catalog, const schema::Dataset& dataset,
               const schema::AnalysisTool& declaration, std::shared_ptr<const Privacy> privacy)
      : JsonTool(Define(declaration)),
        client_(client),
        catalog_(catalog),
        dataset_(dataset),
        declaration_(declaration),
        privacy_(std::move(privacy)) {}

 private:
  Result<Answer> RunChecked(const RequestContext& context, const Json& arguments) override {
    Problems problems;
    clickhouse::Query query;
    query.sql = declaration_.sql;
    query.database = dataset_.database;
    query.parameters = Parameters(arguments, problems);
    query.max_rows = kMaxRows;
    query.max_bytes = kMaxBytes;
    if (!problems.Empty()) return problems.ToError(declaration_.name);
    auto rows = client_.Read(context, query);
    if (!rows) return Explained(context, rows.error());
    if (Status shown = Protect(context, query.sql, *rows); !shown) return shown.error();
    return declaration_.single_row ? RowAnswer(*rows) : TableAnswer(context, *rows, query);
  }

  // That the SQL keeps to the rules was checked when the dataset was loaded.
  Status Protect(const RequestContext& context, const std::string& sql, clickhouse::Rows& rows) const {
    if (!privacy_) return Ok();
    const auto names = sql::FindProtected(sql, privacy_->Protects(context));
    return names ? privacy_->Protect(*names, rows) : Status(names.error());
  }

  std::vector<clickhouse::Parameter> Parameters(const Json& arguments, Problems& problems) const {
    std::vector<clickhouse::Parameter> parameters;
    for (const auto& declared : declaration_.parameters) {
      const Json value = arguments.value(declared.name, Json());
      const std::string type = declared.optional ? "Nullable(" + declared.type + ")" : declared.type;
      auto parameter = BindParameter(declared.name, type, value, declared.name);
      if (parameter) parameters.push_back(*std::move(parameter));
      if (!parameter) problems.Add(declared.name, parameter.error(), value);
    }
    return parameters;
  }

  // The SQL is not the caller's: a missing table means a database without this dataset.
  Error Explained(const RequestContext& context, Error error) {
    error = catalog_.Explain(context, std::move(error), declaration_.sql);
    const bool missing = error.code == ErrorCode::kUnknownTable || error.code == ErrorCode::kUnknownDatabase;
    if (missing)
      error.hint =
          "the dataset " + dataset_.name + " is not in this database; its operator runs `chimera-mcp schema apply`";
    return error;
  }

  Result<Answer> RowAnswer(const clickhouse::Rows& rows) const {
    if (rows.row_count != 1) {
      return MakeError(ErrorCode::kInternal, "the SQL of " + declaration_.name + " yielded " +
                                                 std::to_string(rows.row_count) + " rows instead of one");
    }
    const Json row = rows.Parsed()[0];
    Json answer = Json::object();
    for (size_t i = 0; i < declaration_.columns.size() && i < row.size(); ++i) {
      answer[declaration_.columns[i].name] = WithoutNan(row[i], declaration_.columns[i].type);
    }
    std::string summary;
    for (const auto& key : {"summary", "note"}) {
      if (!answer.contains(key) || !answer[key].is_string()) continue;
      summary += (summary.empty() ? "" : " ") + answer[key].get<std::string>();
    }
    if (!rows.notes.empty()) answer["notes"] = rows.notes;
    return Answer{std::move(summary) + NoteText(rows), ToText(answer), 1};
  }

  Result<Answer> TableAnswer(const RequestContext& context, const clickhouse::Rows& rows, clickhouse::Query query) {
    const std::string note = rows.row_count == 0 ? Note(context, std::move(query)) : "";
    std::string summary = rows.row_count == 1 ? "1 row." : std::to_string(rows.row_count) + " rows.";
    if (rows.truncated) summary += " There are more; narrow the arguments.";
    if (!note.empty()) summary += " " + note;
    ObjectText object;
    AddRows(object, rows);
    if (!note.empty()) object.Add("note", note);
    AddNotes(object, rows);
    return Answer{std::move(summary) + NoteText(rows), object.Take(), rows.row_count};
  }

  // Best effort: an answer without a note is still an answer.
  std::string Note(const RequestContext& context, clickhouse::Query query) {
    if (declaration_.note_sql.empty()) return {};
    query.sql = declaration_.note_sql;
    auto rows = client_.Read(context, query);
    if (!rows || rows->row_count == 0 || !Protect(context, query.sql, *rows)) return {};
    const Json note = rows->Parsed()[0][0];
    return note.is_string() ? note.get<std::string>() : std::string();
  }

  clickhouse::Client& client_;
  Catalog& catalog_;
  const schema::Dataset& dataset_;
  const schema::AnalysisTool& declaration_;
  const std::shared_ptr<const Privacy> privacy_;  ///< null: nothing is protected
};

}  // namespace

std::unique_ptr<Tool> CreateAnalysisTool(clickhouse::Client& client, Catalog& catalog, const schema::Dataset& dataset,
                                         const schema::AnalysisTool& declaration,
                                         std::shared_ptr<const Privacy> privacy) {
  return std::make_unique<AnalysisTool>(client, catalog, dataset, declaration, std::move(privacy));
}

}  // namespace chimera::tools
