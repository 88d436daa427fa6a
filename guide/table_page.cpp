#include "guide/table_page.h"

#include <algorithm>

#include "base/text.h"
#include "guide/engine_note.h"
#include "guide/wording.h"
#include "schema/tool_files.h"
#include "tools/answer.h"

namespace chimera::guide {
namespace {

using tools::TableDescription;

constexpr size_t kMaxColumns = 500;  // of a page; wider tables end with a line that says so

std::string Code(std::string_view text) {
  return "`" + OneLine(text) + "`";
}

const schema::InsertTool* InsertOf(const schema::Dataset* dataset, const std::string& table) {
  if (dataset == nullptr) return nullptr;
  const auto found = std::find_if(dataset->inserts.begin(), dataset->inserts.end(),
                                  [&](const auto& tool) { return tool.table == table; });
  return found == dataset->inserts.end() ? nullptr : &*found;
}

// Those of `names` that are offered, as code.
std::vector<std::string> Offered(const std::vector<std::string>& names, const Offers& offers) {
  std::vector<std::string> offered;
  for (const auto& name : names) {
    if (!offers || offers(name)) offered.push_back(Code(name));
  }
  return offered;
}

std::vector<std::string> AnalysesOf(const schema::Dataset* dataset, const std::string& table) {
  std::vector<std::string> names;
  if (dataset == nullptr) return names;
  for (const auto& tool : dataset->analyses) {
    const auto tables = tools::TablesNamedBy(tool.sql);
    const bool reads = std::any_of(tables.begin(), tables.end(), [&](const auto& name) {
      return name == table || name == dataset->database + "." + table;
    });
    if (reads) names.push_back(tool.name);
  }
  return names;
}

const schema::InsertColumn* Declared(const schema::InsertTool* tool, const std::string& column) {
  if (tool == nullptr) return nullptr;
  const auto found =
      std::find_if(tool->columns.begin(), tool->columns.end(), [&](const auto& one) { return one.name == column; });
  return found == tool->columns.end() ? nullptr : &*found;
}

std::string Limits(const schema::InsertColumn& column) {
  const auto number = [](double value) { return ToText(tools::PlainNumber(value)); };
  std::string text;
  if (!column.allowed.empty()) text += " One of " + Join(column.allowed, ", ") + ".";
  if (column.min && column.max) text += " From " + number(*column.min) + " to " + number(*column.max) + ".";
  if (column.min && !column.max) text += " At least " + number(*column.min) + ".";
  if (!column.min && column.max) text += " At most " + number(*column.max) + ".";
  return text;
}

std::string ColumnLine(const TableDescription& table, size_t i, const schema::InsertTool* tool) {
  const tools::TableColumn& column = table.table.columns[i];
  const schema::InsertColumn* declared = Declared(tool, column.name);
  std::string meaning = OneLine(column.comment);
  if (meaning.empty() && declared != nullptr) meaning = declared->description;
  std::string line = "- " + Code(column.name) + " " + OneLine(column.type);
  if (!meaning.empty()) line += ": " + meaning + (meaning.back() == '.' ? "" : ".");
  if (!table.defaults[i].empty()) line += " " + OneLine(table.defaults[i]) + ".";
  if (declared != nullptr) line += Limits(*declared);
  return line + "\n";
}

std::string Columns(const TableDescription& table, const schema::InsertTool* tool) {
  std::string text = "\n## Columns\n\n";
  const size_t count = table.table.columns.size();
  for (size_t i = 0; i < std::min(count, kMaxColumns); ++i) text += ColumnLine(table, i, tool);
  if (count > kMaxColumns) text += "- and " + std::to_string(count - kMaxColumns) + " more; `describe.table` has all\n";
  return text;
}

std::string Keys(const TableDescription& table) {
  std::string text;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) text += "- " + std::string(name) + ": " + OneLine(value) + "\n";
  };
  add("Sorting key", table.table.sorting_key);
  if (table.primary_key != table.table.sorting_key) add("Primary key", table.primary_key);
  add("Partition key", table.table.partition_key);
  if (table.table.engine.ends_with("MergeTree")) add("TTL", table.ttl.empty() ? "none, rows stay" : table.ttl);
  return text;
}

std::string RangeText(const TimeRange& range) {
  if (range.newest.empty()) return {};
  return Code(range.column) + " from " + range.oldest + " to " + range.newest;
}

std::string Sizes(const TableFacts& facts) {
  const TableDescription& table = facts.description;
  std::string text;
  if (table.rows) text += "- Size: " + RowCount(*table.rows);
  if (table.rows && table.bytes) text += ", " + ByteSize(*table.bytes);
  if (!text.empty()) text += "\n";
  const std::string range = facts.range ? RangeText(*facts.range) : std::string();
  return range.empty() ? text : text + "- Times: " + range + "\n";
}

std::string Tools(const tools::Table& table, const schema::Dataset* dataset, const schema::InsertTool* insert,
                  const Offers& offers) {
  const std::string name = SqlName(table.database, table.name);
  const auto analyses = Offered(AnalysesOf(dataset, table.name), offers);
  const auto statistics = Offered({"query.aggregate", "query.trend", "query.correlation"}, offers);
  std::string text;
  if (!analyses.empty()) text += "- Answers from it: " + Join(analyses, ", ") + "\n";
  if (!statistics.empty()) {
    text += "- Statistics of any column, without SQL: " + Join(statistics, ", ") + " with table " +
            Code(table.database + "." + table.name) + "\n";
  }
  if (!offers || offers("query")) {
    text += "- SQL: `query` with `SELECT … FROM " + name + (table.NeedsFinal() ? " FINAL" : "") + " WHERE …`\n";
  }
  if (insert != nullptr && (!offers || offers(insert->name))) text += "- Writes it: " + Code(insert->name) + "\n";
  return text.empty() ? "" : "\n## Tools\n\n" + text;
}

}  // namespace

std::string TablePage(const TableFacts& facts, const schema::Dataset* dataset, const Offers& offers) {
  const TableDescription& found = facts.description;
  const tools::Table& table = found.table;
  const schema::InsertTool* insert = InsertOf(dataset, table.name);
  std::string text = "# " + OneLine(table.FullName()) + "\n\n";
  if (!found.comment.empty()) text += OneLine(found.comment, 2000) + "\n\n";
  const std::string note = EngineNote(table);
  text += "- Engine: " + table.engine + (note.empty() ? "" : ". " + note) + "\n";
  return text + Keys(found) + Sizes(facts) + Columns(found, insert) + Tools(table, dataset, insert, offers);
}

std::string TableLine(const TableFacts& facts) {
  const tools::Table& table = facts.description.table;
  std::vector<std::string> parts;
  if (facts.description.rows) parts.push_back(RowCount(*facts.description.rows));
  if (const std::string range = facts.range ? RangeText(*facts.range) : ""; !range.empty()) parts.push_back(range);
  parts.push_back(table.engine + (table.NeedsFinal() ? ", in SQL read with FINAL" : ""));
  return "- " + Code(table.name) + ": " + Join(parts, "; ");
}

std::string TableBrief(const TableFacts& facts) {
  std::vector<std::string> columns;
  for (const auto& column : facts.description.table.columns) {
    if (columns.size() == kMaxColumns) break;
    columns.push_back(OneLine(column.name) + " " + OneLine(column.type));
  }
  return TableLine(facts) + ". Columns: " + Join(columns, ", ");
}

}  // namespace chimera::guide
