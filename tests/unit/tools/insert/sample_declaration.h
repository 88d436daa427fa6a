// The insert tools that these tests call: one like llm_events, and one with a column of every supported type.
#pragma once

#include <string>

#include "schema/dataset.h"

namespace chimera::testing {

inline schema::InsertColumn Column(std::string name, std::string type) {
  schema::InsertColumn column;
  column.name = std::move(name);
  column.type = std::move(type);
  column.description = "What it means";
  return column;
}

inline schema::InsertColumn Column(std::string name, std::string type, Json fallback) {
  schema::InsertColumn column = Column(std::move(name), std::move(type));
  column.fallback = std::move(fallback);
  return column;
}

/// Only `run_id` and `source` are required.
inline schema::InsertTool EventsTool() {
  schema::InsertColumn run_id = Column("run_id", "UUID");
  run_id.example = "b701af3b-1e66-4a17-8122-59ce95d53e19";
  schema::InsertColumn source = Column("source", "LowCardinality(String)");
  source.allowed = {"banterhearts", "banterpacks", "council"};
  schema::InsertTool tool;
  tool.name = "insert.events";
  tool.title = "Insert events";
  tool.description = "Stores events.";
  tool.table = "events";
  tool.columns = {Column("ts", "DateTime64(3, 'UTC')", "now"),
                  run_id,
                  source,
                  Column("latency_ms", "UInt32", 0),
                  Column("cost_usd", "Decimal(12, 6)", 0),
                  Column("error_msg", "String", "")};
  tool.partition_column = "ts";
  return tool;
}

inline schema::Dataset SampleDataset() {
  schema::Dataset dataset;
  dataset.name = "metrics";
  dataset.database = "metrics";
  return dataset;
}

}  // namespace chimera::testing
