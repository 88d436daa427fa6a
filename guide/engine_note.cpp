#include "guide/engine_note.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace chimera::guide {
namespace {

constexpr std::string_view kFinal =
    " Until then all are there: in SQL write FINAL after the table name; query.aggregate, query.trend and "
    "query.correlation add it by themselves.";

// Of the families of MergeTree, by a part of the name. The longer name comes first.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kMerging = {{
    {"Replacing", "Of rows with the same sorting key only the newest stays, once parts of one partition are merged."},
    {"VersionedCollapsing", "Pairs of rows with opposite signs cancel each other once parts are merged."},
    {"Collapsing", "Pairs of rows with opposite signs cancel each other once parts are merged."},
    {"Summing",
     "Rows with the same sorting key are added up once parts are merged: use sum and GROUP BY all the same."},
    {"Aggregating",
     "Rows with the same sorting key become one once parts are merged. Columns of type AggregateFunction hold states: "
     "read them with sumMerge, avgMerge and the like, and GROUP BY."},
    {"Coalescing", "Of rows with the same sorting key the newest value of each column that is not NULL stays."},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kOthers = {{
    {"View", "A view: its query runs at every read. Restrict the time as in any table."},
    {"MaterializedView",
     "A materialized view: filled by inserts into its source; what was there before it is not in it."},
    {"Distributed",
     "The rows are on several servers. Next to another Distributed table write GLOBAL JOIN and GLOBAL IN."},
    {"Merge", "Reads several tables as one; the column _table tells which."},
    {"Dictionary", "A dictionary: dictGet is faster than a JOIN."},
    {"Buffer", "Rows wait in memory before they reach the table below; the newest may be lost."},
    {"Memory", "The rows are in memory and gone after a restart."},
    {"Null", "Keeps nothing: what is inserted only reaches its views."},
    {"Log", "No index: every read reads the whole table."},
    {"TinyLog", "No index: every read reads the whole table."},
    {"StripeLog", "No index: every read reads the whole table."},
}};

constexpr std::array<std::string_view, 6> kStreams = {"Kafka", "RabbitMQ", "NATS", "FileLog", "S3Queue", "AzureQueue"};

// By how their names begin.
constexpr std::array<std::string_view, 19> kOutside = {
    "MySQL", "PostgreSQL", "MaterializedPostgreSQL", "MongoDB", "SQLite", "Redis",   "ODBC",      "JDBC", "S3",  "GCS",
    "OSS",   "COSN",       "AzureBlobStorage",       "HDFS",    "URL",    "Iceberg", "DeltaLake", "Hudi", "Hive"};

std::string NoteOnMerging(std::string_view engine) {
  for (const auto& [part, note] : kMerging) {
    if (engine.find(part) != std::string_view::npos) return std::string(note) + std::string(kFinal);
  }
  return {};
}

}  // namespace

std::string EngineNote(const tools::Table& table) {
  if (table.NeedsFinal()) return NoteOnMerging(table.engine);
  if (table.engine.ends_with("MergeTree")) return {};
  for (const auto& [engine, note] : kOthers) {
    if (table.engine == engine) return std::string(note);
  }
  if (std::find(kStreams.begin(), kStreams.end(), table.engine) != kStreams.end()) {
    return "A stream: reading takes the messages away from others. Read the table that a view fills from it.";
  }
  const bool outside = std::any_of(kOutside.begin(), kOutside.end(),
                                   [&](std::string_view name) { return table.engine.starts_with(name); });
  return outside ? "The rows are outside this ClickHouse: every read fetches them." : "";
}

}  // namespace chimera::guide
