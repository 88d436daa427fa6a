#include "timestore/buffer_facts.h"

#include <algorithm>

#include "ingest/position.h"

namespace chimera::timestore {
namespace {

constexpr uint64_t kMaxTables = 10'000;
constexpr uint64_t kMaxBytes = 8 << 20;

constexpr char kTables[] =
    "SELECT toUInt8(count()) FROM system.tables WHERE database = {database:String} "
    "AND name IN ('ingest_manifests', 'ingest_watermarks')";

constexpr char kWatermarks[] =
    "SELECT table_name, toString(toUnixTimestamp64Micro(max(watermark))) FROM ingest_watermarks GROUP BY table_name";

constexpr char kLatest[] =
    "SELECT table_name, toString(argMax(rows, (last_position, stored_at))), max(stored_at) FROM ingest_manifests "
    "GROUP BY table_name";

Result<Json> Ask(const RequestContext& context, clickhouse::Client& client, const std::string& database,
                 const char* sql) {
  auto rows = client.Read(context, {.sql = sql,
                                    .parameters = {{"database", database}},
                                    .database = database,
                                    .max_rows = kMaxTables,
                                    .max_bytes = kMaxBytes});
  if (!rows) return std::move(rows).error();
  return rows->Parsed();
}

}  // namespace

Result<std::map<std::string, Recorded>> ReadRecords(const RequestContext& context, clickhouse::Client& client,
                                                    const std::string& database) {
  std::map<std::string, Recorded> records;
  auto tables = client.Read(context, {.sql = kTables, .parameters = {{"database", database}}});
  if (!tables) return std::move(tables).error();
  if (tables->Parsed().at(0).at(0) != 2) return records;
  auto watermarks = Ask(context, client, database, kWatermarks);
  if (!watermarks) return std::move(watermarks).error();
  auto latest = Ask(context, client, database, kLatest);
  if (!latest) return std::move(latest).error();
  for (const Json& row : *watermarks) records[row[0]].watermark = std::stoll(row[1].get<std::string>());
  for (const Json& row : *latest) {
    Recorded& record = records[row[0]];
    record.rows = std::stoull(row[1].get<std::string>());
    record.at = row[2];
  }
  return records;
}

Json WatermarkJson(const ingest::Backlog* backlog, const Recorded* recorded) {
  ingest::Position position = backlog == nullptr ? 0 : backlog->stored;
  if (recorded != nullptr) position = std::max(position, recorded->watermark.value_or(0));
  return position > 0 ? Json(ingest::PositionText(position)) : Json();
}

}  // namespace chimera::timestore
