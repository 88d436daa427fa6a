#include "ingest/manifest.h"

#include <chrono>
#include <cstdio>

#include "base/json.h"
#include "base/text.h"
#include "ingest/position.h"

namespace chimera::ingest {
namespace {

constexpr char kCreateManifests[] =
    "CREATE TABLE IF NOT EXISTS ingest_manifests ("
    "batch FixedString(32) COMMENT 'Batch of buffered writes', "
    "dataset LowCardinality(String) COMMENT 'Dataset of the table', "
    "table_name LowCardinality(String) COMMENT 'Table that the rows went to', "
    "partition String COMMENT 'UTC day of the rows; empty: the table has no partitions by day', "
    "rows UInt64 COMMENT 'Rows inserted', "
    "bytes UInt64 COMMENT 'Bytes of their JSON', "
    "schema_version String COMMENT 'Start of the SHA-256 of the columns names and types at that time', "
    "token FixedString(64) COMMENT 'insert_deduplication_token of the insert', "
    "first_position DateTime64(6, 'UTC') COMMENT 'When the first write of the batch was accepted', "
    "last_position DateTime64(6, 'UTC') COMMENT 'When the last one was', "
    "stored_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When the insert was done') "
    "ENGINE = MergeTree ORDER BY (table_name, token) TTL toDateTime(stored_at) + INTERVAL 30 DAY "
    "SETTINGS non_replicated_deduplication_window = 10000 "
    "COMMENT 'Inserts that buffered writes became; written by chimera-mcp'";

constexpr char kCreateWatermarks[] =
    "CREATE TABLE IF NOT EXISTS ingest_watermarks ("
    "dataset LowCardinality(String) COMMENT 'Dataset of the table', "
    "table_name LowCardinality(String) COMMENT 'Table', "
    "watermark DateTime64(6, 'UTC') COMMENT 'Buffered writes accepted until then are in the table', "
    "part String COMMENT 'Partition of the latest insert', "
    "revision String COMMENT 'schema_version of the latest insert', "
    "promoted_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When the watermark was reached') "
    "ENGINE = ReplacingMergeTree(watermark) ORDER BY (dataset, table_name) "
    "SETTINGS non_replicated_deduplication_window = 10000 "
    "COMMENT 'How far buffered writes have come; written by chimera-mcp'";

constexpr char kLookUp[] =
    "SELECT count() FROM ingest_manifests WHERE table_name = {table:String} AND token = {token:String}";

constexpr char kFind[] =
    "SELECT count() FROM system.tables WHERE database = {database:String} "
    "AND name IN ('ingest_manifests', 'ingest_watermarks')";

Result<uint64_t> Count(const RequestContext& context, clickhouse::Client& client, clickhouse::Query query) {
  auto rows = client.Read(context, query);
  if (!rows) return std::move(rows).error();
  const Json count = rows->Parsed().at(0).at(0);
  return count.is_string() ? std::stoull(count.get<std::string>()) : count.get<uint64_t>();
}

Error MayNotCreate(Error error, const std::string& database) {
  error.message =
      "the tables ingest_manifests and ingest_watermarks of " + database + " cannot be made: " + error.message;
  error.hint = "run once in " + database + ", as an account that may: " + kCreateManifests + "; " + kCreateWatermarks +
               "; and let the account that inserts read both and insert into them";
  return error;
}

}  // namespace

Status Manifests::Prepare(const RequestContext& context, const std::string& database) {
  auto there = Count(context, client_, {.sql = kFind, .parameters = {{"database", database}}});
  if (!there) return std::move(there).error();
  if (*there == 2) return Ok();
  for (const char* statement : {kCreateManifests, kCreateWatermarks}) {
    if (Status made = client_.Execute(context, statement, database); !made) {
      return made.error().code == ErrorCode::kAccessDenied ? MayNotCreate(std::move(made).error(), database)
                                                           : std::move(made);
    }
  }
  return Ok();
}

Result<bool> Manifests::Has(const RequestContext& context, const Manifest& manifest) {
  auto count = Count(context, client_,
                     {.sql = kLookUp,
                      .parameters = {{"table", manifest.batch.to.table}, {"token", manifest.token}},
                      .database = manifest.batch.to.database});
  if (!count) return std::move(count).error();
  return *count > 0;
}

Status Manifests::Add(const RequestContext& context, const Manifest& manifest) {
  const Batch& batch = manifest.batch;
  const std::string row = ToText(Json{{"batch", batch.id},
                                      {"dataset", batch.to.dataset},
                                      {"table_name", batch.to.table},
                                      {"partition", PartitionText(manifest.day)},
                                      {"rows", manifest.rows},
                                      {"bytes", manifest.bytes},
                                      {"schema_version", manifest.schema},
                                      {"token", manifest.token},
                                      {"first_position", PositionText(batch.first)},
                                      {"last_position", PositionText(batch.last)}});
  auto written = client_.Write(context, {.database = batch.to.database,
                                         .table = "ingest_manifests",
                                         .columns = {"batch", "dataset", "table_name", "partition", "rows", "bytes",
                                                     "schema_version", "token", "first_position", "last_position"},
                                         .body = row,
                                         .deduplication_token = Sha256Hex("manifest|" + manifest.token),
                                         .repeated = false});
  if (!written) return std::move(written).error();
  return Ok();
}

Status Manifests::Promote(const RequestContext& context, const Manifest& last) {
  const Batch& batch = last.batch;
  const std::string row = ToText(Json{{"dataset", batch.to.dataset},
                                      {"table_name", batch.to.table},
                                      {"watermark", PositionText(batch.last)},
                                      {"part", PartitionText(last.day)},
                                      {"revision", last.schema}});
  auto written = client_.Write(context, {.database = batch.to.database,
                                         .table = "ingest_watermarks",
                                         .columns = {"dataset", "table_name", "watermark", "part", "revision"},
                                         .body = row,
                                         .deduplication_token = Sha256Hex("watermark|" + batch.id)});
  if (!written) return std::move(written).error();
  return Ok();
}

std::string PartitionText(std::optional<int64_t> day) {
  if (!day) return "";
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days(*day)}};
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                                   static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  return {text, static_cast<size_t>(length)};
}

}  // namespace chimera::ingest
