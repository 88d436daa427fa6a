// Both databases of a mirror, brought up to date and compared.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "app/backend.h"
#include "app/buffer.h"
#include "ingest/comparison.h"

namespace chimera::app {

struct MirrorReport {
  struct Table {
    ingest::TableComparison compared;
    uint64_t dead = 0;         ///< dead letters of the main database
    uint64_t mirror_dead = 0;  ///< and of the mirror
  };
  std::vector<Table> tables;
  bool Equal() const;
};

/// Has everything that waits on both sides stored, within `time`. Errors name the side.
Status FlushBoth(std::chrono::seconds time, const std::stop_token& stop, Buffer& buffer);

/// FlushBoth, then compares `table` ("table" or "database.table"; empty: all that the datasets declare and all that
/// were ever buffered); differences of days that rows arrived in meanwhile are told apart. Requires a mirror.
/// kUnknownTable when `table` is none of them.
Result<MirrorReport> CompareMirror(const config::Config& config, Backend& backend, const std::string& table,
                                   std::chrono::seconds flush_time, const std::stop_token& stop);

/// For people: a line a table, and what differs.
std::string ReportText(const MirrorReport& report);
Json ReportJson(const MirrorReport& report);

}  // namespace chimera::app
