#include "timestore/dynamic_read.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "sql/lexer.h"
#include "timestore/tail.h"
#include "tools/privacy.h"
#include "tools/table_description.h"

namespace chimera::timestore {
namespace {

using tools::TableDescription;

/// One read.
class DynamicRead {
 public:
  DynamicRead(const RequestContext& context, const ReadSources& sources, const ReadRequest& request)
      : context_(context), sources_(sources), request_(request), to_(DestinationOf(request.name)) {}

  Result<ReadOutcome> Run() {
    if (Status taken = TakeTail(); !taken) return std::move(taken).error();
    if (Status found = FindTable(); !found) return std::move(found).error();
    if (Status read = ReadWaiting(); !read) return std::move(read).error();
    if (!description_ && !tail_) return Unknown();
    if (Status planned = Plan(); !planned) return std::move(planned).error();
    std::vector<KeyedRow> stored;
    if (description_) {
      if (Status read = ReadStored(stored); !read) return std::move(read).error();
    }
    Merge(stored);
    return std::move(outcome_);
  }

 private:
  /// Before the database is looked at.
  Status TakeTail() {
    if (context_.principal && context_.principal->database_account) {
      return ReadAlone("rows that wait in the buffer are not shown to callers with a database account of their own");
    }
    auto look = LookAt(context_, sources_.buffer, to_);
    if (!look) return ReadAlone("");
    look_ = *std::move(look);
    const ingest::Backlog& table = look_.table;
    if (table.rows > sources_.limits.rows || table.bytes > sources_.limits.bytes) return ReadAlone(TooMuch());
    auto waiting = sources_.buffer.Waiting(context_, to_, {sources_.limits.rows, sources_.limits.bytes});
    if (!waiting) return ReadAlone("");
    if (waiting->size() > sources_.limits.writes) return ReadAlone(TooMuch());
    waiting_ = *std::move(waiting);
    return Merged();
  }

  Status Merged() {
    auto freshness = OfMerged(look_, request_.demand);
    if (!freshness) return std::move(freshness).error();
    outcome_.freshness = *std::move(freshness);
    return Ok();
  }

  std::string TooMuch() const {
    return std::to_string(look_.table.rows) + " rows wait in the buffer, more than are merged; they are missing here";
  }

  /// The database without the buffer; `why` is for the answer, where that lacks rows.
  Status ReadAlone(const std::string& why) {
    waiting_.clear();
    auto freshness = MakeFresh(context_, sources_.buffer, to_, request_.demand, false, sources_.wait);
    if (!freshness) return std::move(freshness).error();
    outcome_.freshness = *std::move(freshness);
    const bool complete = outcome_.freshness.pending_rows && *outcome_.freshness.pending_rows == 0;
    if (!why.empty() && !complete) outcome_.notes.push_back(why);
    return Ok();
  }

  Status FindTable() {
    auto tables = tools::DescribeTables(context_, sources_.client, to_.database, {to_.table});
    if (!tables) return std::move(tables).error();
    if (!tables->empty()) description_ = std::move(tables->front());
    return Ok();
  }

  Status ReadWaiting() {
    if (waiting_.empty()) return Ok();
    auto tail = ReadTail(to_, std::move(waiting_), description_);
    if (tail) {
      tail_ = *std::move(tail);
      if (tail_->dead > 0) {
        outcome_.notes.push_back(std::to_string(tail_->dead) +
                                 " rows of the buffer do not fit the table and are left out; get.ingest_status counts "
                                 "those that became dead letters");
      }
      return Ok();
    }
    // What cannot be merged can be stored: then the database has it.
    Demand demand = request_.demand;
    auto freshness = MakeFresh(context_, sources_.buffer, to_, demand, true, sources_.wait);
    if (!freshness) return std::move(freshness).error();
    outcome_.freshness = *std::move(freshness);
    outcome_.notes.push_back("the buffer's rows were stored instead of merged: " + tail.error().message);
    return FindTable();
  }

  Error Unknown() const {
    return MakeError(ErrorCode::kUnknownTable, "there is no table " + request_.name.dataset + "/" + request_.name.table,
                     "timestore.datasets lists what there is; the first timestore.write makes a table");
  }

  /// The table as the answer sees it: with the fields that have no column yet.
  Status Plan() {
    if (description_) {
      table_ = description_->table;
    } else {
      table_ = {to_.database, to_.table, "MergeTree", "", "", {}};
      const auto base = BaseColumns();
      for (const auto name : {kDatasetColumn, kTableColumn, kKeyColumn, kTimeColumn, kPositionColumn}) {
        table_.columns.push_back({std::string(name), base.find(name)->second, ""});
      }
    }
    if (tail_) {
      for (const auto& [name, type] : tail_->added) table_.columns.push_back({name, type, ""});
    }
    for (auto& column : table_.columns) {
      column.is_protected = sources_.privacy && sources_.privacy->Protects(to_.database, to_.table, column.name);
    }
    for (const auto name : {kKeyColumn, kTimeColumn, kPositionColumn}) {
      if (table_.Find(name) == nullptr) return NotOurs(name);
    }
    return Compile();
  }

  Error NotOurs(std::string_view column) const {
    return MakeError(
        ErrorCode::kConflict,
        table_.FullName() + " has no column `" + std::string(column) + "`: timestore.write did not make it",
        "read it with `query`");
  }

  Status Compile() {
    tools::TableQuery query(table_, bindings_, problems_);
    for (size_t i = 0; i < request_.columns.size(); ++i) {
      query.Column(request_.columns[i], "columns[" + std::to_string(i) + "]");
    }
    query.Filter({{"filters", request_.filters}});
    query.Restrict(*table_.Find(kTimeColumn), request_.window);
    CellKinds kinds;
    for (const auto& column : table_.columns) {
      if (const auto kind = CellKindOf(column.type)) kinds[column.name] = *kind;
    }
    filter_.emplace(kinds, request_.filters, request_.window, problems_);
    if (!problems_.Empty()) return problems_.ToError(kReadTool);
    where_ = query.Where();
    columns_ = request_.columns.empty() ? Fields() : request_.columns;
    for (const auto& name : columns_) outcome_.columns.push_back({name, table_.Find(name)->type});
    return Ok();
  }

  /// The time first; without what is the same in all rows, and without what may not be shown.
  std::vector<std::string> Fields() {
    std::vector<std::string> names;
    std::vector<std::string> hidden;
    for (const auto& column : table_.columns) {
      if (column.name == kDatasetColumn || column.name == kTableColumn || column.name == kPositionColumn) continue;
      auto& list = column.is_protected ? hidden : names;
      list.insert(column.name == kTimeColumn ? list.begin() : list.end(), column.name);
    }
    if (!hidden.empty()) outcome_.notes.push_back("left out, as their values are protected: " + Join(hidden, ", "));
    return names;
  }

  Status ReadStored(std::vector<KeyedRow>& stored) {
    clickhouse::Query query;
    query.sql = "SELECT " + KeySql();
    for (const auto& name : columns_) query.sql += ", t." + sql::QuoteIdentifier(name);
    query.sql += "\nFROM " + Source() + Conditions() + OrderSql(request_.descending) + "\nLIMIT " +
                 std::to_string(request_.limit + 1);
    query.parameters = bindings_.Parameters();
    query.database = to_.database;
    query.max_rows = request_.limit;
    query.max_bytes = kMaxReadBytes;
    auto rows = sources_.reader.Read(context_, query);
    if (!rows) return std::move(rows).error();
    auto keyed = ReadKeyedRows(*rows);
    if (!keyed) return std::move(keyed).error();
    stored = *std::move(keyed);
    stored_truncated_ = rows->truncated;
    outcome_.notes.insert(outcome_.notes.end(), rows->notes.begin(), rows->notes.end());
    for (size_t i = 0; i < columns_.size() && i + kKeyColumns < rows->columns.size(); ++i) {
      outcome_.columns[i].type = rows->columns[i + kKeyColumns].type;
    }
    return Ok();
  }

  std::string Source() const {
    if (!tail_ || tail_->added.empty()) return table_.QuotedName() + " AS t";
    std::string columns;
    for (const auto& column : description_->table.columns) columns += sql::QuoteIdentifier(column.name) + ", ";
    for (const auto& [name, type] : tail_->added) {
      columns += "CAST(NULL, " + sql::QuoteString(type) + ") AS " + sql::QuoteIdentifier(name) + ", ";
    }
    columns.resize(columns.size() - 2);
    return "(SELECT " + columns + " FROM " + table_.QuotedName() + ") AS t";
  }

  /// Of the writes that the tail has, exactly: other servers' buffers may have positions between them.
  std::string Conditions() const {
    if (!tail_) return where_;
    std::vector<std::string> positions;
    for (const auto position : tail_->positions) positions.push_back(std::to_string(position));
    const std::string at = "toUnixTimestamp64Micro(t.ingest_position)";
    std::string sql =
        (where_.empty() ? "\nWHERE " : where_ + "\n  AND ") + at + " NOT IN (" + Join(positions, ",") + ")";
    // What was written later may have values in the columns that are not read as such.
    if (!tail_->added.empty()) sql += "\n  AND " + at + " <= " + positions.back();
    return sql;
  }

  void Merge(const std::vector<KeyedRow>& stored) {
    const auto waiting = tail_ ? WaitingRows() : std::vector<KeyedRow>();
    auto merged = MergeRows(stored, stored_truncated_, waiting, request_.descending, {request_.limit, kMaxReadBytes});
    outcome_.rows_json = std::move(merged.rows_json);
    outcome_.rows = merged.rows;
    outcome_.from_buffer = merged.from_tail;
    outcome_.truncated = merged.truncated;
    if (outcome_.rows == 0 && !outcome_.truncated && description_) {
      outcome_.newest = tools::NewestRow(context_, sources_.client, description_->table, *table_.Find(kTimeColumn));
    }
  }

  /// Those that match, in the order of the read.
  std::vector<KeyedRow> WaitingRows() const {
    std::vector<const TailRow*> matching;
    for (const auto& row : tail_->rows) {
      if (filter_->Matches([&](const std::string& name) -> const Cell& { return row.cells[IndexOf(name)]; })) {
        matching.push_back(&row);
      }
    }
    std::stable_sort(matching.begin(), matching.end(), [this](const TailRow* a, const TailRow* b) {
      return request_.descending ? b->key < a->key : a->key < b->key;
    });
    std::vector<KeyedRow> rows;
    for (const TailRow* row : matching) {
      if (rows.size() > request_.limit) break;
      rows.push_back({row->key, Printed(*row)});
    }
    return rows;
  }

  std::string Printed(const TailRow& row) const {
    std::string json = "[";
    for (const auto& name : columns_) {
      if (json.size() > 1) json += ',';
      AppendCell(tail_->kinds.find(name)->second, row.cells[IndexOf(name)], json);
    }
    return json + "]";
  }

  size_t IndexOf(const std::string& name) const {
    return static_cast<size_t>(std::find(tail_->columns.begin(), tail_->columns.end(), name) - tail_->columns.begin());
  }

  const RequestContext& context_;
  const ReadSources& sources_;
  const ReadRequest& request_;
  const ingest::Destination to_;
  Look look_;
  std::vector<ingest::Entry> waiting_;
  std::optional<TableDescription> description_;  ///< absent: it is not in the database yet
  std::optional<Tail> tail_;
  tools::Table table_;
  tools::Problems problems_;
  tools::Bindings bindings_;
  std::optional<TailFilter> filter_;
  std::string where_;
  std::vector<std::string> columns_;
  bool stored_truncated_ = false;
  ReadOutcome outcome_;
};

}  // namespace

Result<ReadOutcome> ReadDynamic(const RequestContext& context, const ReadSources& sources, const ReadRequest& request) {
  return DynamicRead(context, sources, request).Run();
}

}  // namespace chimera::timestore
