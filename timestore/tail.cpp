#include "timestore/tail.h"

#include <algorithm>

#include "base/text.h"
#include "ingest/row_reader.h"
#include "ingest/row_shape.h"
#include "timestore/layout.h"
#include "tools/type_name.h"

namespace chimera::timestore {
namespace {

Error NotYet(const std::string& why) {
  return MakeError(ErrorCode::kConflict, why);
}

/// The columns of the table by name, and in their order. An error for a column that rows may leave out without being
/// null, or whose values are not known here.
Result<ingest::LiveColumns> Columns(const std::optional<tools::TableDescription>& table, Tail& tail) {
  ingest::LiveColumns live = BaseColumns();
  if (!table) {
    for (const auto name : {kDatasetColumn, kTableColumn, kKeyColumn, kTimeColumn, kPositionColumn}) {
      tail.columns.emplace_back(name);
    }
    return live;
  }
  for (size_t i = 0; i < table->table.columns.size(); ++i) {
    const auto& [name, type, comment, is_protected] = table->table.columns[i];
    const auto base = live.find(name);
    const bool as_made = base != live.end() ? CellKindOf(base->second) == CellKindOf(type)
                                            : tools::IsNullableType(type) && CellKindOf(type);
    if (!as_made || !table->defaults[i].empty()) {
      return NotYet("`" + name + "` is " + type + (table->defaults[i].empty() ? "" : " " + table->defaults[i]) +
                    ", which the table did not get from a write");
    }
    live[name] = type;
    tail.columns.push_back(name);
  }
  return live;
}

class TailReader {
 public:
  TailReader(const ingest::Destination& to, Tail& tail) : to_(to), tail_(tail) {}

  Status Read(const ingest::Entry& entry) {
    const bool read =
        rows_.Read(entry.slice.body, [this](std::string_view, const ingest::RowFields& row) { return ReadRow(row); });
    if (read) return Ok();
    if (!why_.empty()) return NotYet(why_);
    return MakeError(ErrorCode::kInternal, "the buffer of " + to_.table + " holds what is no row");
  }

 private:
  bool ReadRow(const ingest::RowFields& row) {
    std::vector<Cell> cells(tail_.columns.size());
    for (const auto& [name, json] : row) {
      const auto column = std::find(tail_.columns.begin(), tail_.columns.end(), name);
      if (column == tail_.columns.end()) return false;
      auto cell = ReadCell(tail_.kinds.find(name)->second, json);
      if (!cell) {
        why_ = "`" + std::string(name) + "` of a waiting row is " + Cut(json, 100) +
               ", which ClickHouse reads in a way of its own";
        return false;
      }
      cells[static_cast<size_t>(column - tail_.columns.begin())] = *std::move(cell);
    }
    RowKey key{.millis = std::get<int64_t>(Of(cells, kTimeColumn)),
               .partition_key = std::get<std::string>(Of(cells, kKeyColumn)),
               .position = std::get<int64_t>(Of(cells, kPositionColumn))};
    tail_.rows.push_back({std::move(key), std::move(cells)});
    return true;
  }

  const Cell& Of(const std::vector<Cell>& cells, std::string_view name) const {
    return cells[static_cast<size_t>(std::find(tail_.columns.begin(), tail_.columns.end(), name) -
                                     tail_.columns.begin())];
  }

  const ingest::Destination& to_;
  Tail& tail_;
  ingest::RowReader rows_;
  std::string why_;
};

}  // namespace

Result<Tail> ReadTail(const ingest::Destination& to, std::vector<ingest::Entry> entries,
                      const std::optional<tools::TableDescription>& table) {
  Tail tail;
  auto live = Columns(table, tail);
  if (!live) return std::move(live).error();
  for (const auto& entry : entries) {
    if (tail.positions.empty() || tail.positions.back() != entry.position) tail.positions.push_back(entry.position);
  }
  ingest::Batch batch;
  batch.to = to;
  auto shaped = ingest::Shape(batch, std::move(entries), *live, true);
  if (!shaped) return std::move(shaped).error();
  tail.dead = shaped->dead.size();
  tail.added = std::move(shaped->added);
  for (const auto& [name, type] : tail.added) {
    tail.columns.push_back(name);
    (*live)[name] = type;
  }
  for (const auto& [name, type] : *live) tail.kinds[name] = *CellKindOf(type);
  TailReader reader(to, tail);
  for (const auto& entry : shaped->kept) {
    if (Status read = reader.Read(entry); !read) return std::move(read).error();
  }
  return tail;
}

}  // namespace chimera::timestore
