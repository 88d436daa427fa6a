#include "guide/schema_watch.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "guide/table_uri.h"

namespace chimera::guide {
namespace {

constexpr uint64_t kMaxTables = 100000;
constexpr uint64_t kMaxBytes = 16 << 20;
constexpr size_t kMaxNamed = 200;  // of more tables than that, all of their databases are looked at

/// What a URI stands for: one table, or with an empty name all tables of the database.
TableName TargetOf(const std::string& uri, const std::vector<schema::Dataset>& datasets) {
  if (auto table = ParseTableUri(uri)) return *std::move(table);
  const auto name = ParseDatasetUri(uri);
  for (const auto& dataset : datasets) {
    if (name && dataset.name == *name) return {dataset.database, {}};
  }
  return {};
}

/// Binds `values` and returns "{name0:String}, …".
std::string Bound(clickhouse::Query& query, const std::string& name, const std::set<std::string>& values) {
  std::vector<std::string> bound;
  for (const auto& value : values) {
    const std::string parameter = name + std::to_string(bound.size());
    query.parameters.push_back({parameter, value});
    bound.push_back("{" + parameter + ":String}");
  }
  return Join(bound, ", ");
}

/// The definitions of the targets' tables, and of others that are named alike. The time of the last change would not
/// do: it counts in seconds, and differs between replicas.
clickhouse::Query QueryFor(const std::set<TableName>& targets) {
  std::set<std::string> databases, tables;
  for (const auto& [database, table] : targets) {
    databases.insert(database);
    tables.insert(table);
  }
  const bool each = !tables.contains("") && tables.size() <= kMaxNamed;
  clickhouse::Query query;
  query.sql = "SELECT database, name, hex(cityHash64(create_table_query)) FROM system.tables\nWHERE database IN (" +
              Bound(query, "database", databases) + ")";
  if (each) query.sql += " AND name IN (" + Bound(query, "table", tables) + ")";
  query.sql += " AND NOT is_temporary ORDER BY database, name";
  query.max_rows = kMaxTables;
  query.max_bytes = kMaxBytes;
  return query;
}

}  // namespace

SchemaWatch::SchemaWatch(mcp::Announcer& announcer, clickhouse::Client& client,
                         const std::vector<schema::Dataset>& datasets, WatchOptions options)
    : announcer_(announcer), client_(client), datasets_(datasets), options_(options) {
  announcer_.OnWatch([this] {
    {
      const std::lock_guard lock(mutex_);
      poked_ = true;
    }
    changed_.notify_all();
  });
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

SchemaWatch::~SchemaWatch() {
  announcer_.OnWatch({});
}

void SchemaWatch::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    poked_ = false;  // before the look, so that what is watched meanwhile gets one of its own
    lock.unlock();
    const std::set<std::string> uris = announcer_.Watched();
    Look(uris, stop);
    lock.lock();
    const auto is_poked = [this] { return poked_; };
    if (uris.empty()) {
      changed_.wait(lock, stop, is_poked);
    } else {
      changed_.wait_for(lock, stop, options_.every, is_poked);
    }
  }
}

void SchemaWatch::Look(const std::set<std::string>& uris, const std::stop_token& stop) {
  std::erase_if(known_, [&](const auto& one) { return !uris.contains(one.first); });
  Definitions now;
  if (uris.empty() || !ReadDefinitions(uris, stop, now)) return;
  for (auto& [uri, definition] : now) {
    const auto [known, is_new] = known_.emplace(uri, definition);
    if (is_new || known->second == definition) continue;
    known->second = std::move(definition);
    announcer_.ResourceUpdated(uri);
  }
}

bool SchemaWatch::ReadDefinitions(const std::set<std::string>& uris, const std::stop_token& stop,
                                  Definitions& definitions) {
  std::set<TableName> targets;
  for (const auto& uri : uris) targets.insert(TargetOf(uri, datasets_));
  const auto rows = client_.Read(RequestContext::For("schema watch", options_.look, stop), QueryFor(targets));
  if (!rows) {
    log::Debug("the schema could not be looked at: " + rows.error().message);
    return false;
  }
  std::map<TableName, std::string> tables;
  for (const Json& row : rows->Parsed()) {
    const std::string database = row[0], name = row[1], hash = row[2];
    tables[{database, name}] = hash;
    tables[{database, {}}] += name + " " + hash + "\n";
  }
  for (const auto& uri : uris) definitions[uri] = tables[TargetOf(uri, datasets_)];
  return true;
}

}  // namespace chimera::guide
