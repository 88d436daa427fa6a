#include "transfer/ledger.h"

#include <algorithm>

#include "base/text.h"
#include "clickhouse/stored_rows.h"
#include "schema/own_tables.h"

namespace chimera::transfer {
namespace {

constexpr char kCreate[] =
    "CREATE TABLE IF NOT EXISTS import_batches ("
    "table_name LowCardinality(String) COMMENT 'Table that the rows went to', "
    "import FixedString(64) COMMENT 'That table and the way in which files were read into it', "
    "batch UInt64 COMMENT 'Number within the file, from 1; 0: how the file is cut', "
    "id FixedString(64) COMMENT 'SHA-256 of the content, its number and the import; the token of its inserts', "
    "head FixedString(64) COMMENT 'SHA-256 of the first record', "
    "records UInt64 COMMENT 'Records of the file in it', "
    "stored UInt64 COMMENT 'Rows stored', "
    "skipped UInt64 COMMENT 'Rows left out for their age', "
    "rejected UInt64 COMMENT 'Records that were refused', "
    "max_records UInt64 COMMENT 'Records of a whole batch', "
    "max_bytes UInt64 COMMENT 'Bytes of a whole batch', "
    "days UInt32 COMMENT 'Only rows of the last so many days; 0: all', "
    "since DateTime64(3, 'UTC') COMMENT 'With days: rows before it were left out', "
    "file String COMMENT 'Name that the file had', "
    "stored_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When the batch was stored') "
    "ENGINE = MergeTree ORDER BY (import, batch, id) SETTINGS non_replicated_deduplication_window = 10000 "
    "COMMENT 'Batches of imported files; written by chimera-mcp import'";

constexpr char kRead[] =
    "SELECT batch, id, head, records, stored, skipped, rejected, max_records, max_bytes, days, "
    "toUnixTimestamp64Milli(since) FROM import_batches WHERE import = {import:String} ORDER BY stored_at, batch";

constexpr uint64_t kMaxEntries = 10'000'000;
constexpr uint64_t kMaxBytes = uint64_t{4} << 30;

uint64_t Unsigned(const Json& value) {
  if (!value.is_string()) return value.get<uint64_t>();
  return std::strtoull(value.get_ref<const std::string&>().c_str(), nullptr, 10);
}

LedgerEntry EntryFrom(const Json& row) {
  LedgerEntry entry{.batch = Unsigned(row.at(0)),
                    .id = row.at(1).get<std::string>(),
                    .head = row.at(2).get<std::string>(),
                    .records = Unsigned(row.at(3)),
                    .stored = Unsigned(row.at(4)),
                    .skipped = Unsigned(row.at(5)),
                    .rejected = Unsigned(row.at(6)),
                    .limits = {Unsigned(row.at(7)), Unsigned(row.at(8))},
                    .days = static_cast<uint32_t>(Unsigned(row.at(9)))};
  const auto since = static_cast<int64_t>(Unsigned(row.at(10)));
  if (entry.days > 0) entry.since = tools::Instant(std::chrono::milliseconds(since));
  return entry;
}

Error MayNotCreate(Error error, const std::string& database) {
  error.message =
      "the table " + database + ".import_batches, which remembers what was imported, is missing: " + error.message;
  error.hint = "run once, as an account that may: " + std::string(kCreate) +
               "; and let the accounts in use read it and insert into it";
  return error;
}

}  // namespace

Result<clickhouse::Rows> Ledger::ReadEntries(const RequestContext& context) const {
  clickhouse::Query query;
  query.sql = kRead;
  query.parameters = {{"import", import_}};
  query.database = database_;
  query.max_rows = kMaxEntries;
  query.max_bytes = kMaxBytes;
  return client_->Read(context, query);
}

Result<Ledger> Ledger::Open(const RequestContext& context, clickhouse::Client& client, std::string database,
                            std::string table, std::string import) {
  Ledger ledger(client, std::move(database), std::move(table), std::move(import));
  auto rows = ledger.ReadEntries(context);
  if (!rows && rows.error().code == ErrorCode::kUnknownTable) {
    if (Status made = client.Execute(context, kCreate, ledger.database_); !made) {
      return MayNotCreate(std::move(made).error(), ledger.database_);
    }
    return ledger;
  }
  if (!rows) return std::move(rows).error();
  for (const Json& row : rows->Parsed()) {
    LedgerEntry entry = EntryFrom(row);
    const std::pair key(entry.batch, entry.head);
    ledger.entries_.emplace(key, std::move(entry));
  }
  return ledger;
}

const LedgerEntry* Ledger::BegunWith(const std::string& head) const {
  const auto found = entries_.find({0, head});
  return found == entries_.end() ? nullptr : &found->second;
}

std::vector<const LedgerEntry*> Ledger::Candidates(uint64_t batch, const std::string& head) const {
  std::vector<const LedgerEntry*> found;
  const auto [begin, end] = entries_.equal_range({batch, head});
  for (auto at = begin; at != end; ++at) found.push_back(&at->second);
  std::sort(found.begin(), found.end(), [](const auto* a, const auto* b) { return a->records > b->records; });
  return found;
}

Status Ledger::Add(const RequestContext& context, const LedgerEntry& entry, bool in_doubt) const {
  const auto since = entry.since ? entry.since->time_since_epoch() / std::chrono::milliseconds(1) : 0;
  const std::string row = ToText(Json{{"table_name", table_},
                                      {"import", import_},
                                      {"batch", entry.batch},
                                      {"id", entry.id},
                                      {"head", entry.head},
                                      {"records", entry.records},
                                      {"stored", entry.stored},
                                      {"skipped", entry.skipped},
                                      {"rejected", entry.rejected},
                                      {"max_records", entry.limits.records},
                                      {"max_bytes", entry.limits.bytes},
                                      {"days", entry.days},
                                      {"since", since},
                                      {"file", entry.file}});
  auto written =
      clickhouse::WriteOnce(context, *client_,
                            {.database = database_,
                             .table = std::string(schema::kImportsTable),
                             .columns = {"table_name", "import", "batch", "id", "head", "records", "stored", "skipped",
                                         "rejected", "max_records", "max_bytes", "days", "since", "file"},
                             .body = row,
                             .deduplication_token = Sha256Hex("ledger|" + std::to_string(entry.batch) + entry.id)},
                            {.name = "entry of " + entry.file + " in import_batches",
                             .in_doubt = in_doubt,
                             .unsure = {"stored", "skipped", "rejected", "since", "file"}});
  if (!written) return std::move(written).error();
  return Ok();
}

}  // namespace chimera::transfer
