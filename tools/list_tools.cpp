// The tools that tell what there is: `list.databases`, `list.tables`, `describe.table`. One statement each, however
// many tables there are; sizes come from the catalogue, no table is read.
#include "base/text.h"
#include "tools/answer.h"
#include "tools/catalog.h"
#include "tools/table_description.h"
#include "tools/toolset.h"

namespace chimera::tools {
namespace {

constexpr uint64_t kPage = 100;
constexpr uint64_t kMaxDatabases = 1000;
constexpr uint64_t kMaxBytes = 4 << 20;

std::string FinalNote(const std::string& tables, const std::string& engine) {
  return tables + " (" + engine +
         "): rows may appear twice until merged; query.aggregate adds FINAL, in SQL write FINAL after the table name";
}

// Sizes as doubles: JSON numbers, not strings.
constexpr std::string_view kDatabasesSql =
    "SELECT d.name AS name, d.engine AS engine, toFloat64(t.tables) AS tables, toFloat64(t.rows) AS rows,\n"
    "       toFloat64(t.bytes) AS bytes, d.comment AS comment\n"
    "FROM system.databases AS d\n"
    "LEFT JOIN (SELECT database, count() AS tables, ifNull(sum(total_rows), 0) AS rows, ifNull(sum(total_bytes), 0) AS "
    "bytes\n"
    "           FROM system.tables GROUP BY database) AS t ON t.database = d.name\n"
    "WHERE {system:Bool} OR d.name NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')\n"
    "ORDER BY d.name";

constexpr std::string_view kTablesSql =
    "SELECT name, engine, toFloat64(total_rows) AS rows, toFloat64(total_bytes) AS bytes, sorting_key, comment\n"
    "FROM system.tables\n"
    "WHERE database = {database:String} AND name ILIKE {like:String} AND name > {after:String} AND NOT is_temporary\n"
    "ORDER BY name";

mcp::ToolDefinition DefineDatabases() {
  Json input = {{"include_system", {{"type", "boolean"}, {"default", false}}}};
  return {"list.databases",
          "List databases",
          "Lists databases with tables, rows and bytes. Only needed beyond the default database; list.tables shows "
          "what is in "
          "one.",
          ArgumentsSchema(std::move(input), {}),
          ObjectSchema(RowsProperties()),
          {}};
}

mcp::ToolDefinition DefineTables() {
  Json input = {{"database", Typed("string", "default: the server's database")},
                {"like", Typed("string", "part of a name, or a pattern with %")},
                {"cursor", Typed("string", "next_cursor of the page before")}};
  Json output = {{"database", {{"type", "string"}}}};
  output.update(RowsProperties());
  output["next_cursor"] = Json{{"type", {"string", "null"}}};
  output["notes"] = {{"type", "array"}};
  return {
      "list.tables",
      "List tables",
      "Lists the tables of a database, 100 a page: engine, rows, bytes, sorting key, comment. describe.table tells the "
      "columns of one.",
      ArgumentsSchema(std::move(input), {}),
      ObjectSchema(std::move(output)),
      {}};
}

mcp::ToolDefinition DefineTable() {
  const Json text = {{"type", "string"}}, size = {{"type", {"number", "null"}}};
  Json output = {{"database", text},      {"table", text},
                 {"engine", text},        {"sorting_key", text},
                 {"partition_key", text}, {"primary_key", text},
                 {"rows", size},          {"bytes", size},
                 {"comment", text},       {"columns", Typed("array", "{name, type, default?, comment?}")},
                 {"note", text}};
  return {
      "describe.table",
      "Describe a table",
      "Tells a table's columns with types and comments, its engine, keys, rows and bytes. Use it before writing SQL or "
      "choosing columns.",
      ArgumentsSchema({{"table", Typed("string", "[database.]table")}}, {"table"}),
      ObjectSchema(std::move(output)),
      {}};
}

std::string Counted(uint64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

class ListDatabasesTool final : public JsonTool {
 public:
  explicit ListDatabasesTool(clickhouse::Client& client) : JsonTool(DefineDatabases()), client_(client) {}

 private:
  Result<Answer> RunChecked(const RequestContext& context, const Json& arguments) override {
    clickhouse::Query query;
    query.sql = kDatabasesSql;
    query.parameters = {{"system", arguments["include_system"].get<bool>() ? "true" : "false"}};
    query.max_rows = kMaxDatabases;
    query.max_bytes = kMaxBytes;
    const auto rows = client_.Read(context, query);
    if (!rows) return rows.error();
    ObjectText object;
    AddRows(object, *rows);
    AddNotes(object, *rows);
    const std::string summary =
        Counted(rows->row_count, "database") + "; the default is " + client_.DefaultDatabase() + "." + NoteText(*rows);
    return Answer{summary, object.Take(), rows->row_count};
  }

  clickhouse::Client& client_;
};

class ListTablesTool final : public JsonTool {
 public:
  ListTablesTool(clickhouse::Client& client, Catalog& catalog)
      : JsonTool(DefineTables()), client_(client), catalog_(catalog) {}

 private:
  Result<Answer> RunChecked(const RequestContext& context, const Json& arguments) override {
    const std::string database = arguments.value("database", client_.DefaultDatabase());
    clickhouse::Query query;
    query.sql = kTablesSql;
    query.parameters = {{"database", database},
                        {"like", Pattern(arguments.value("like", "%"))},
                        {"after", arguments.value("cursor", "")}};
    query.max_rows = kPage;
    query.max_bytes = kMaxBytes;
    const auto rows = client_.Read(context, query);
    if (!rows) return rows.error();
    if (rows->row_count > 0) return AnswerOf(database, *rows);
    const auto exists = catalog_.HasDatabase(context, database);
    if (!exists) return exists.error();
    if (!*exists) return catalog_.UnknownDatabase(context, database);
    return AnswerOf(database, *rows);
  }

  static std::string Pattern(const std::string& like) {
    return like.find('%') == std::string::npos ? "%" + like + "%" : like;
  }

  static Answer AnswerOf(const std::string& database, const clickhouse::Rows& rows) {
    const Json parsed = rows.Parsed();
    Json notes = rows.notes;
    for (const auto& row : parsed) {
      const Table table{database, row[0], row[1], {}, {}, {}};
      if (table.NeedsFinal()) notes.push_back(FinalNote(table.name, table.engine));
    }
    ObjectText object;
    object.Add("database", database);
    AddRows(object, rows);
    object.Add("next_cursor", rows.truncated ? parsed.back()[0] : Json()).Add("notes", notes);
    std::string summary = Counted(rows.row_count, "table") + " of " + database;
    summary += rows.truncated ? "; there are more: call again with next_cursor as cursor, or narrow `like`." : ".";
    return {summary, object.Take(), rows.row_count};
  }

  clickhouse::Client& client_;
  Catalog& catalog_;
};

class DescribeTableTool final : public JsonTool {
 public:
  DescribeTableTool(clickhouse::Client& client, Catalog& catalog)
      : JsonTool(DefineTable()), client_(client), catalog_(catalog) {}

 private:
  Result<Answer> RunChecked(const RequestContext& context, const Json& arguments) override {
    const std::string name = arguments["table"];
    const size_t dot = name.find('.');
    const bool qualified = dot != std::string::npos;
    const std::string database = qualified ? name.substr(0, dot) : client_.DefaultDatabase();
    const std::string table = qualified ? name.substr(dot + 1) : name;
    auto answer = Describe(context, database, table);
    if (!answer || answer->row_count > 0) return answer;
    const auto found = catalog_.Find(context, name);  // a table of the default database may have a dot in its name
    if (!found) return found.error();
    return Describe(context, (*found)->database, (*found)->name);
  }

  // An answer without rows when there is no such table.
  Result<Answer> Describe(const RequestContext& context, const std::string& database, const std::string& table) {
    const auto tables = DescribeTables(context, client_, database, {table});
    if (!tables) return tables.error();
    return tables->empty() ? Answer{} : AnswerOf(tables->front());
  }

  static Answer AnswerOf(const TableDescription& found) {
    const Table& table = found.table;
    Json answer = {{"database", table.database},
                   {"table", table.name},
                   {"engine", table.engine},
                   {"sorting_key", table.sorting_key},
                   {"partition_key", table.partition_key},
                   {"primary_key", found.primary_key},
                   {"rows", PlainSize(found.rows)},
                   {"bytes", PlainSize(found.bytes)},
                   {"comment", found.comment},
                   {"columns", ColumnsJson(found)}};
    std::string summary =
        table.FullName() + ": " + Counted(table.columns.size(), "column") + ", engine " + table.engine;
    if (found.rows) summary += ", " + Counted(static_cast<uint64_t>(*found.rows), "row");
    summary += ".";
    if (table.NeedsFinal()) {
      answer["note"] = FinalNote(table.name, table.engine);
      summary += " Note: " + answer["note"].get<std::string>() + ".";
    }
    return {summary, ToText(answer), table.columns.size()};
  }

  static Json PlainSize(const std::optional<double>& size) { return size ? PlainNumber(*size) : Json(); }

  static Json ColumnsJson(const TableDescription& found) {
    Json columns = Json::array();
    for (size_t i = 0; i < found.table.columns.size(); ++i) {
      const TableColumn& column = found.table.columns[i];
      Json entry = {{"name", column.name}, {"type", column.type}};
      if (!found.defaults[i].empty()) entry["default"] = found.defaults[i];
      if (!column.comment.empty()) entry["comment"] = column.comment;
      columns.push_back(std::move(entry));
    }
    return columns;
  }

  clickhouse::Client& client_;
  Catalog& catalog_;
};

}  // namespace

std::unique_ptr<Tool> CreateListDatabasesTool(clickhouse::Client& client) {
  return std::make_unique<ListDatabasesTool>(client);
}

std::unique_ptr<Tool> CreateListTablesTool(clickhouse::Client& client, Catalog& catalog) {
  return std::make_unique<ListTablesTool>(client, catalog);
}

std::unique_ptr<Tool> CreateDescribeTableTool(clickhouse::Client& client, Catalog& catalog) {
  return std::make_unique<DescribeTableTool>(client, catalog);
}

}  // namespace chimera::tools
