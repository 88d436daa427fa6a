// Whether a table has the same rows in two databases: by day, their number and a checksum that depends neither on their
// order nor on the version of the server. Reads every row; changes nothing.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "ingest/store.h"

namespace chimera::ingest {

struct TableToCompare {
  std::string database;
  std::string table;
  std::string day_column;   ///< rows are compared by its UTC day; empty: by that of the partition key, or all at once
  std::string time_column;  ///< with `since`
  std::string since;  ///< "2026-11-21": rows of this day and before are left out, as retention deletes them; or ""
};

enum class Presence { kBoth, kMain, kMirror, kNeither };

struct OtherType {
  std::string column;
  std::string main;
  std::string mirror;
};

/// Of one day, or of the whole table ("").
struct DayDifference {
  std::string day;
  uint64_t rows = 0;
  uint64_t mirror_rows = 0;  ///< equal numbers: some values differ
};

struct TableComparison {
  TableToCompare what;
  Presence presence = Presence::kBoth;
  uint64_t rows = 0;
  uint64_t mirror_rows = 0;
  std::vector<std::string> only_main;      ///< columns
  std::vector<std::string> only_mirror;    ///< columns
  std::vector<OtherType> types;            ///< for people: their values are compared as text
  std::vector<std::string> left_out;       ///< columns that each database fills by itself
  std::vector<DayDifference> days;         ///< that differ
  std::vector<std::string> being_written;  ///< days that differ because rows arrived meanwhile

  bool Equal() const {
    const bool same = presence == Presence::kBoth || presence == Presence::kNeither;
    return same && only_main.empty() && only_mirror.empty() && days.empty();
  }
};

/// Two statements a table and database. Errors: those of reading.
Result<TableComparison> CompareTable(const RequestContext& context, clickhouse::Client& main,
                                     clickhouse::Client& mirror, const TableToCompare& what);

/// The days of a table that buffered writes behind `until` were stored in; "": any. By the manifests there.
Result<std::set<std::string>> DaysStoredBehind(const RequestContext& context, clickhouse::Client& client,
                                               const TableToCompare& what, Position until);

/// Takes the differing days that are in `written` for days that are being written.
void SetAside(const std::set<std::string>& written, TableComparison& compared);

}  // namespace chimera::ingest
