#include "timestore/row_order.h"

#include <simdjson.h>

#include <charconv>

#include "base/text.h"

namespace chimera::timestore {
namespace {

namespace ondemand = simdjson::ondemand;

// 64-bit integers come as strings.
bool ReadInteger(std::string_view json, int64_t& out) {
  if (json.size() > 1 && json.front() == '"') json = json.substr(1, json.size() - 2);
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), out);
  return error == std::errc() && end == json.data() + json.size();
}

bool ReadCells(ondemand::array cells, KeyedRow& row) {
  size_t column = 0;
  for (auto element : cells) {
    ondemand::value cell;
    if (element.get(cell)) return false;
    if (column == 1) {
      std::string_view text;
      if (cell.get_string().get(text)) return false;
      row.key.partition_key = text;
    } else {
      std::string_view text;
      if (simdjson::to_json_string(cell).get(text)) return false;
      text = Trim(text);
      if (column == 0 && !ReadInteger(text, row.key.millis)) return false;
      if (column == 2 && !ReadInteger(text, row.key.position)) return false;
      if (column >= kKeyColumns) row.json.append(column == kKeyColumns ? "" : ",").append(text);
    }
    ++column;
  }
  row.json = "[" + row.json + "]";
  return column >= kKeyColumns;
}

bool ReadRows(const std::string& text, std::vector<KeyedRow>& out) {
  const simdjson::padded_string padded("[" + text + "]");
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array list;
  if (parser.iterate(padded).get(document) || document.get_array().get(list)) return false;
  for (auto element : list) {
    ondemand::array cells;
    if (element.get_array().get(cells) || !ReadCells(cells, out.emplace_back())) return false;
  }
  return true;
}

/// Takes rows as long as they fit.
class Taker {
 public:
  explicit Taker(const MergeLimits& limits) : limits_(limits) {}

  bool Take(const KeyedRow& row) {
    if (merged_.rows == limits_.rows || merged_.rows_json.size() + row.json.size() > limits_.bytes) return false;
    merged_.rows_json.append(merged_.rows == 0 ? "" : ",").append(row.json);
    ++merged_.rows;
    return true;
  }
  Merged& Of() { return merged_; }

 private:
  const MergeLimits limits_;
  Merged merged_;
};

}  // namespace

std::string KeySql() {
  return "toUnixTimestamp64Milli(t.timestamp), t.partition_key, toUnixTimestamp64Micro(t.ingest_position)";
}

std::string OrderSql(bool descending) {
  const std::string side = descending ? " DESC" : "";
  return "\nORDER BY t.timestamp" + side + ", t.partition_key" + side + ", t.ingest_position" + side;
}

Result<std::vector<KeyedRow>> ReadKeyedRows(const clickhouse::Rows& rows) {
  std::vector<KeyedRow> keyed;
  keyed.reserve(rows.row_count);
  if (ReadRows(rows.rows_json, keyed)) return keyed;
  return MakeError(ErrorCode::kInternal, "the rows of the database could not be read to merge them with the buffer's");
}

Merged MergeRows(const std::vector<KeyedRow>& stored, bool stored_truncated, const std::vector<KeyedRow>& waiting,
                 bool descending, const MergeLimits& limits) {
  Taker taker(limits);
  Merged& merged = taker.Of();
  const auto before = [descending](const RowKey& a, const RowKey& b) { return descending ? b < a : a < b; };
  size_t s = 0, w = 0;
  while (s < stored.size() || w < waiting.size()) {
    const bool from_tail = w < waiting.size() && (s == stored.size() || before(waiting[w].key, stored[s].key));
    if (from_tail && s == stored.size() && stored_truncated) break;
    if (!taker.Take(from_tail ? waiting[w] : stored[s])) break;
    from_tail ? ++w : ++s;
    merged.from_tail += from_tail;
  }
  merged.truncated = stored_truncated || s < stored.size() || w < waiting.size();
  return std::move(merged);
}

}  // namespace chimera::timestore
