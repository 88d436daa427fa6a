// Two datasets: `shop` in the database shop, with the tables orders and visits and the view daily over them; `logs` in
// the default database, with the table lines.
#pragma once

#include <string>
#include <vector>

#include "ingest/store.h"
#include "schema/dataset.h"

namespace chimera::freshness::testing {

inline schema::InsertTool Insert(const std::string& table) {
  schema::InsertTool insert;
  insert.name = "insert." + table;
  insert.table = table;
  return insert;
}

inline schema::AnalysisTool Analysis(const std::string& name, const std::string& sql, const std::string& note = "") {
  schema::AnalysisTool analysis;
  analysis.name = name;
  analysis.sql = sql;
  analysis.note_sql = note;
  return analysis;
}

inline std::vector<schema::Dataset> Datasets() {
  schema::Dataset shop;
  shop.name = shop.database = "shop";
  shop.migrations = {{1, "tables",
                      "CREATE TABLE IF NOT EXISTS orders (x UInt8) ENGINE = MergeTree ORDER BY x;\n"
                      "CREATE TABLE visits (x UInt8) ENGINE = MergeTree ORDER BY x;\n"
                      "CREATE MATERIALIZED VIEW daily ENGINE = MergeTree ORDER BY x AS SELECT x FROM orders;",
                      ""}};
  shop.inserts = {Insert("orders"), Insert("visits")};
  shop.analyses = {Analysis("get.orders", "SELECT count() FROM orders"), Analysis("get.days", "SELECT x FROM daily"),
                   Analysis("get.noted", "SELECT 1", "SELECT max(x) FROM visits")};
  schema::Dataset logs;
  logs.name = "logs";
  logs.inserts = {Insert("lines")};
  return {shop, logs};
}

inline ingest::Backlog Waiting(const ingest::Destination& to, uint64_t rows, ingest::Position oldest,
                               ingest::Position newest) {
  ingest::Backlog backlog;
  backlog.to = to;
  backlog.rows = backlog.writes = rows;
  backlog.oldest = oldest;
  backlog.newest = newest;
  backlog.stored = oldest > 0 ? oldest - 1 : newest;
  return backlog;
}

inline const ingest::Destination kOrders = {"shop", "shop", "orders"};
inline const ingest::Destination kVisits = {"shop", "shop", "visits"};
inline const ingest::Destination kLines = {"logs", "main", "lines"};
inline const ingest::Destination kFree = {"timestore", "free", "readings"};  ///< of a dataset that declares no tables

}  // namespace chimera::freshness::testing
