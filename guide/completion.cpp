#include "guide/completion.h"

#include <algorithm>

#include "base/text.h"
#include "guide/table_uri.h"
#include "schema/own_tables.h"
#include "sql/lexer.h"
#include "sql/read_gate.h"

namespace chimera::guide {
namespace {

using Source = schema::ValueSource::Kind;

constexpr uint64_t kMaxNames = 100;  // of the specification, server/utilities/completion
constexpr uint64_t kMaxBytes = 1 << 20;
// Values are looked for in this many rows at most: enough for names that repeat, and quick on every table.
constexpr const char* kMaxRows = "20000000";

Error Unknown(const std::string& what, const std::string& name, const std::vector<std::string>& known) {
  const std::string near = DidYouMean(name, known);
  return MakeError(ErrorCode::kInvalidArgument, "there is no " + what + " `" + name + "`; " +
                                                    (near.empty() ? "there are " + Join(known, ", ") : near));
}

std::string TextOf(const Json& others, const std::string& name) {
  const auto found = others.is_object() ? others.find(name) : others.end();
  return found != others.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The table of `source` when it is known by now.
std::string TableOf(const schema::ValueSource& source, const schema::Prompt& prompt, const Json& others) {
  if (!source.table_is_argument) return source.table;
  const std::string chosen = TextOf(others, source.table);
  if (!chosen.empty()) return chosen;
  for (const auto& argument : prompt.arguments) {
    if (argument.name == source.table) return argument.fallback.value_or("");
  }
  return {};
}

}  // namespace

mcp::Completion Matching(const std::vector<std::string>& names, const std::string& typed) {
  const std::string wanted = ToLower(typed);
  mcp::Completion completion;
  for (const bool at_start : {true, false}) {
    for (const auto& name : names) {
      const size_t at = ToLower(name).find(wanted);
      if (at != std::string::npos && (at == 0) == at_start) completion.values.push_back(name);
    }
  }
  completion.total = completion.values.size();
  return completion;
}

Suggestions::Suggestions(clickhouse::Client& client, const std::vector<schema::Dataset>& datasets, Patience patience)
    : client_(client), datasets_(datasets), patience_(patience) {}

Result<mcp::Completion> Suggestions::Complete(const mcp::CallContext& context, const mcp::CompletionRequest& request) {
  const RequestContext bounded = Bounded(context, patience_.quick);
  return request.of_prompt ? OfPrompt(bounded, request) : OfTemplate(bounded, request);
}

Result<mcp::Completion> Suggestions::OfTemplate(const RequestContext& context, const mcp::CompletionRequest& request) {
  if (request.name != kTableTemplate) return Unknown("resource template", request.name, {std::string(kTableTemplate)});
  if (request.argument == "database") {
    return Ask(context, "SELECT name FROM system.databases WHERE lower(name) != 'information_schema'", {},
               request.value);
  }
  if (request.argument != "table") return Unknown("variable", request.argument, {"database", "table"});
  const std::string database = TextOf(request.others, "database");
  return Tables(context, database.empty() ? client_.DefaultDatabase() : database, request.value);
}

Result<mcp::Completion> Suggestions::OfPrompt(const RequestContext& context, const mcp::CompletionRequest& request) {
  std::vector<std::string> prompts, arguments;
  for (const auto& dataset : datasets_) {
    for (const auto& prompt : dataset.prompts) {
      prompts.push_back(prompt.name);
      if (prompt.name != request.name) continue;
      for (const auto& argument : prompt.arguments) {
        arguments.push_back(argument.name);
        if (argument.name == request.argument) return OfArgument(context, dataset, prompt, argument, request);
      }
      return Unknown("argument", request.argument, arguments);
    }
  }
  return Unknown("prompt", request.name, prompts);
}

Result<mcp::Completion> Suggestions::OfArgument(const RequestContext& context, const schema::Dataset& dataset,
                                                const schema::Prompt& prompt, const schema::PromptArgument& argument,
                                                const mcp::CompletionRequest& request) {
  const schema::ValueSource& source = argument.values;
  const std::string& typed = request.value;
  if (source.kind == Source::kTables) return Tables(context, dataset.database, typed);
  if (source.kind == Source::kColumns) {
    const std::string table = TableOf(source, prompt, request.others);
    const size_t dot = table.find('.');
    if (dot == std::string::npos) return Columns(context, dataset.database, table, typed);
    return Columns(context, table.substr(0, dot), table.substr(dot + 1), typed);
  }
  if (source.kind == Source::kValues) {
    return Ask(context,
               "SELECT DISTINCT toString(" + sql::QuoteIdentifier(source.column) + ") AS name FROM " +
                   sql::QuoteIdentifier(dataset.database) + "." + sql::QuoteIdentifier(source.table),
               {}, typed);
  }
  return Matching(source.list, typed);
}

Result<mcp::Completion> Suggestions::Tables(const RequestContext& context, const std::string& database,
                                            const std::string& typed) {
  auto tables = Ask(context,
                    "SELECT name FROM system.tables WHERE database = {database:String} AND NOT is_temporary "
                    "AND name NOT IN " +
                        std::string(schema::kOwnTablesSql) + " AND NOT startsWith(name, '.inner')",
                    {{"database", database}}, typed);
  if (!tables) return tables;
  const size_t before = tables->values.size();
  std::erase_if(tables->values, [&](const auto& name) { return !sql::CheckTable(database, name).ok(); });
  tables->total -= before - tables->values.size();
  return tables;
}

Result<mcp::Completion> Suggestions::Columns(const RequestContext& context, const std::string& database,
                                             const std::string& table, const std::string& typed) {
  if (table.empty() || !sql::CheckTable(database, table).ok()) return mcp::Completion();
  return Ask(context, "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String}",
             {{"database", database}, {"table", table}}, typed);
}

/// `names` is a SELECT of one column `name`.
Result<mcp::Completion> Suggestions::Ask(const RequestContext& context, const std::string& names,
                                         std::vector<clickhouse::Parameter> parameters, const std::string& typed) {
  clickhouse::Query query;
  query.sql = "SELECT name, toFloat64(count() OVER ()) FROM (" + names +
              ")\nWHERE name != '' AND positionCaseInsensitiveUTF8(name, {typed:String}) > 0\n"
              "ORDER BY positionCaseInsensitiveUTF8(name, {typed:String}) > 1, name LIMIT " +
              std::to_string(kMaxNames);
  query.parameters = std::move(parameters);
  query.parameters.push_back({"typed", typed});
  query.settings = {{"max_rows_to_read", kMaxRows}, {"read_overflow_mode", "break"}};
  query.max_rows = kMaxNames;
  query.max_bytes = kMaxBytes;
  const auto rows = client_.Read(context, query);
  if (!rows && rows.error().code == ErrorCode::kTimeout) return mcp::Completion();
  if (!rows) return rows.error();
  mcp::Completion completion;
  for (const Json& row : rows->Parsed()) {
    completion.values.push_back(row[0]);
    completion.total = row[1].get<size_t>();
  }
  return completion;
}

}  // namespace chimera::guide
