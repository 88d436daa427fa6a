#include "timestore/layout.h"

#include <algorithm>

#include "schema/retention.h"
#include "sql/lexer.h"

namespace chimera::timestore {
namespace {

constexpr size_t kMaxName = 48;
constexpr std::string_view kBetween = "__";

std::string FullName(const ingest::Destination& to) {
  return sql::QuoteIdentifier(to.database) + "." + sql::QuoteIdentifier(to.table);
}

std::string Columns() {
  return "(dataset_slug LowCardinality(String) COMMENT 'Dataset, as its writers name it', "
         "table_name LowCardinality(String) COMMENT 'Table of the dataset', "
         "partition_key String COMMENT 'What the writer sorts its rows by, such as a device; may be empty', "
         "timestamp DateTime64(3, 'UTC') COMMENT 'Time of the observation', "
         "ingest_position DateTime64(6, 'UTC') COMMENT 'When the buffer took the row; of one write the same')";
}

std::string Ttl(const schema::Retention& retention) {
  schema::TableExpectation table;
  table.time = kTimeColumn;
  table.retention = retention;
  const std::string ttl = schema::TtlOf(table);
  return ttl.empty() ? "" : " TTL " + ttl;
}

std::string SettingsOf(const LayoutOptions& options) {
  const bool replicated = !options.cluster.cluster.empty();
  std::string settings = std::string(replicated ? "" : "non_") + "replicated_deduplication_window = 10000";
  if (!options.storage_policy.empty()) settings += ", storage_policy = " + sql::QuoteString(options.storage_policy);
  return settings;
}

}  // namespace

bool IsName(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789_";
  return !text.empty() && text.size() <= kMaxName && text.front() >= 'a' && text.front() <= 'z' && text.back() != '_' &&
         text.find(kBetween) == std::string_view::npos && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

ingest::Destination DestinationOf(const Name& name) {
  return {name.dataset, std::string(kDatabase), name.dataset + std::string(kBetween) + name.table};
}

std::optional<Name> NameOf(std::string_view physical_table) {
  const size_t between = physical_table.find(kBetween);
  if (between == std::string_view::npos) return std::nullopt;
  Name name{std::string(physical_table.substr(0, between)),
            std::string(physical_table.substr(between + kBetween.size()))};
  return IsName(name.dataset) && IsName(name.table) ? std::optional(std::move(name)) : std::nullopt;
}

std::optional<Name> NameOf(const ingest::Destination& destination) {
  return destination.database == kDatabase ? NameOf(destination.table) : std::nullopt;
}

bool IsDynamic(const ingest::Destination& destination) {
  return NameOf(destination).has_value();
}

ingest::LiveColumns BaseColumns() {
  return {{std::string(kDatasetColumn), "LowCardinality(String)"},
          {std::string(kTableColumn), "LowCardinality(String)"},
          {std::string(kKeyColumn), "String"},
          {std::string(kTimeColumn), std::string(kTimeType)},
          {std::string(kPositionColumn), "DateTime64(6, 'UTC')"}};
}

std::vector<std::string> CreateStatements(const ingest::Destination& destination, const LayoutOptions& options) {
  const auto name = NameOf(destination);
  if (!name) return {};
  const std::string on_cluster = schema::OnCluster(options.cluster);
  return {"CREATE DATABASE IF NOT EXISTS " + sql::QuoteIdentifier(kDatabase) + on_cluster,
          "CREATE TABLE IF NOT EXISTS " + FullName(destination) + on_cluster + " " + Columns() +
              " ENGINE = " + (on_cluster.empty() ? "" : "Replicated") +
              "MergeTree PARTITION BY (dataset_slug, toYYYYMMDD(timestamp))"
              " ORDER BY (dataset_slug, table_name, partition_key, timestamp)" +
              Ttl(options.retention) + " SETTINGS " + SettingsOf(options) + " COMMENT " +
              sql::QuoteString("Rows of " + name->dataset + "/" + name->table + "; written by timestore.write")};
}

void LetTablesBeMade(ingest::FlusherOptions& flush, const LayoutOptions& options) {
  flush.creates = [before = flush.creates, options](const ingest::Destination& to) {
    return IsDynamic(to) ? CreateStatements(to, options) : before(to);
  };
  flush.evolves = [before = flush.evolves](const ingest::Destination& to) { return IsDynamic(to) || before(to); };
}

}  // namespace chimera::timestore
