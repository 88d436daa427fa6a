// How fresh an answer is, as callers read it: in the answer's JSON and text, and in headers of HTTP. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "ingest/store.h"
#include "mcp/tool.h"

namespace chimera::freshness {

/// Where the rows of an answer come from.
enum class Mode { kDatabase, kDatabaseAndBuffer };

/// What is known of an answer before it is read.
struct Freshness {
  Mode mode = Mode::kDatabase;
  /// Of the oldest write that the answer may lack; 0: it lacks none. Absent: not known.
  std::optional<std::chrono::milliseconds> age;
  /// Every write up to and with it is in the answer, or a dead letter. Absent: not known, or there was no write ever.
  std::optional<ingest::Position> watermark;
  std::optional<uint64_t> pending_rows;  ///< that the answer may lack
  std::string note;                      ///< why it is not as fresh as was asked, or what else to know; or empty
};

/// {mode, age_ms, watermark, pending_rows, note}, without what is not known.
Json ToJson(const Freshness& freshness);

/// x-timestore-replica-age-ms, x-timestore-freshness-mode ("replica-only", "replica+hot-buffer") and
/// x-timestore-latest-ingest-watermark, without what is not known.
mcp::Headers HeadersOf(const Freshness& freshness);

/// Adds the member `freshness` to the JSON of `result`, and to its text: within the JSON where the text ends with that,
/// else as a line. No rows are parsed. Adds its headers. An error stays as it is.
void Attach(const Freshness& freshness, mcp::ToolResult& result);

}  // namespace chimera::freshness
