#include "app/mirror_check.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "app/backlog_text.h"
#include "clickhouse/http_client.h"
#include "tools/time_value.h"

namespace chimera::app {
namespace {

// All rows are read: a table of billions takes a while.
constexpr std::chrono::hours kCompareTime{6};

/// How far each table had come.
using Marks = std::map<ingest::Destination, ingest::Position>;

Result<Marks> FlushSide(const RequestContext& context, Buffer::Side& side) {
  auto backlogs = side.store->Backlogs(context);
  if (!backlogs.ok()) return backlogs.error();
  Marks marks;
  std::vector<ingest::Destination> tables;
  ingest::Position until = 0;
  for (const auto& backlog : *backlogs) {
    marks[backlog.to] = backlog.newest;
    tables.push_back(backlog.to);
    until = std::max(until, backlog.newest);
  }
  if (Status flushed = side.writes->Flush(context, tables, until); !flushed.ok()) return flushed.error();
  return marks;
}

struct BothMarks {
  Marks main;
  Marks mirror;
};

Result<BothMarks> Flush(std::chrono::seconds time, const std::stop_token& stop, Buffer& buffer) {
  const auto context = RequestContext::For("flush both", time, stop);
  auto main = FlushSide(context, buffer.Main());
  if (!main.ok()) return main.error();
  auto mirror = FlushSide(context, *buffer.Mirror());
  if (!mirror.ok()) {
    mirror.error().message = "mirror: " + mirror.error().message;
    return mirror.error();
  }
  return BothMarks{*std::move(main), *std::move(mirror)};
}

std::string LastDayGone(int keep_days) {
  const auto today = std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now());
  return tools::FormatDay(today.time_since_epoch().count() - keep_days);
}

void AddDeclared(const schema::Dataset& dataset, std::map<std::string, ingest::TableToCompare>& tables) {
  const auto of = [&](const std::string& table) -> ingest::TableToCompare& {
    ingest::TableToCompare& found = tables[dataset.database + "." + table];
    found.database = dataset.database;
    found.table = table;
    return found;
  };
  for (const auto& insert : dataset.inserts) of(insert.table).day_column = insert.partition_column;
  for (const auto& expected : dataset.tables) {
    ingest::TableToCompare& table = of(expected.name);
    if (table.day_column.empty()) table.day_column = expected.time;
    if (expected.retention.keep_days == 0) continue;
    table.time_column = expected.time;
    table.since = LastDayGone(expected.retention.keep_days);
  }
}

Result<std::vector<ingest::TableToCompare>> TablesOf(const Backend& backend, const BothMarks& marks,
                                                     const std::string& meant) {
  std::map<std::string, ingest::TableToCompare> known;
  for (const auto& dataset : backend.Datasets()) AddDeclared(dataset, known);
  for (const Marks* side : {&marks.main, &marks.mirror}) {
    for (const auto& [to, mark] : *side) {
      known.try_emplace(to.FullName(), ingest::TableToCompare{to.database, to.table, {}, {}, {}});
    }
  }
  std::vector<ingest::TableToCompare> tables;
  for (auto& [name, table] : known) {
    if (meant.empty() || meant == name || meant == table.table) tables.push_back(std::move(table));
  }
  if (!tables.empty() || meant.empty()) return tables;
  return MakeError(ErrorCode::kUnknownTable, "`" + meant + "` is no table of a dataset that is on, nor of the buffer",
                   "`chimera-mcp ingest mirror compare` compares all of them");
}

ingest::Position MarkOf(const Marks& marks, const ingest::TableToCompare& table) {
  ingest::Position mark = 0;
  for (const auto& [to, position] : marks) {
    if (to.database == table.database && to.table == table.table) mark = std::max(mark, position);
  }
  return mark;
}

uint64_t DeadOf(const std::vector<ingest::Backlog>& backlogs, const ingest::TableToCompare& table) {
  uint64_t dead = 0;
  for (const auto& backlog : backlogs) {
    if (backlog.to.database == table.database && backlog.to.table == table.table) dead += backlog.dead;
  }
  return dead;
}

/// One comparison: what was stored by then, and the clients that read.
class Check {
 public:
  Check(RequestContext context, clickhouse::Client& main, clickhouse::Client& mirror, BothMarks marks)
      : context_(std::move(context)), main_(main), mirror_(mirror), marks_(std::move(marks)) {}

  Result<std::vector<ingest::TableComparison>> Compare(const std::vector<ingest::TableToCompare>& tables) {
    std::vector<ingest::TableComparison> compared;
    for (const auto& table : tables) {
      auto one = ingest::CompareTable(context_, main_, mirror_, table);
      if (!one.ok()) return one.error();
      if (one->presence != ingest::Presence::kNeither) compared.push_back(*std::move(one));
    }
    return compared;
  }

  /// Requires that both were flushed again since Compare: then whatever it may have seen on one side alone is recorded.
  Status SetAsideWritten(ingest::TableComparison& compared) {
    for (const auto& [client, marks] : {std::pair(&main_, &marks_.main), std::pair(&mirror_, &marks_.mirror)}) {
      auto days = ingest::DaysStoredBehind(context_, *client, compared.what, MarkOf(*marks, compared.what));
      if (!days.ok()) return days.error();
      ingest::SetAside(*days, compared);
    }
    return Ok();
  }

 private:
  const RequestContext context_;
  clickhouse::Client& main_;
  clickhouse::Client& mirror_;
  const BothMarks marks_;
};

bool AnyDayDiffers(const std::vector<ingest::TableComparison>& compared) {
  return std::any_of(compared.begin(), compared.end(), [](const auto& table) { return !table.days.empty(); });
}

Result<MirrorReport> WithDeadLetters(const RequestContext& context, Buffer& buffer,
                                     std::vector<ingest::TableComparison> compared) {
  auto main = buffer.Main().store->Backlogs(context);
  if (!main.ok()) return main.error();
  auto mirror = buffer.Mirror()->store->Backlogs(context);
  if (!mirror.ok()) return mirror.error();
  MirrorReport report;
  for (auto& table : compared) {
    const uint64_t dead = DeadOf(*main, table.what);
    const uint64_t mirror_dead = DeadOf(*mirror, table.what);
    report.tables.push_back({std::move(table), dead, mirror_dead});
  }
  return report;
}

}  // namespace

bool MirrorReport::Equal() const {
  return std::all_of(tables.begin(), tables.end(), [](const Table& table) { return table.compared.Equal(); });
}

Status FlushBoth(std::chrono::seconds time, const std::stop_token& stop, Buffer& buffer) {
  auto flushed = Flush(time, stop, buffer);
  if (!flushed.ok()) return flushed.error();
  return Ok();
}

Result<MirrorReport> CompareMirror(const config::Config& config, Backend& backend, const std::string& table,
                                   std::chrono::seconds flush_time, const std::stop_token& stop) {
  Buffer& buffer = *backend.Buffer();
  auto mirror = clickhouse::CreateHttpClient(config.mirror->clickhouse);
  if (!mirror.ok()) return mirror.error();
  auto marks = Flush(flush_time, stop, buffer);
  if (!marks.ok()) return marks.error();
  auto tables = TablesOf(backend, *marks, table);
  if (!tables.ok()) return tables.error();
  const auto context = RequestContext::For("compare both", kCompareTime, stop);
  Check check(context, backend.Client(), **mirror, *std::move(marks));
  auto compared = check.Compare(*tables);
  if (!compared.ok()) return compared.error();
  if (AnyDayDiffers(*compared)) {
    if (Status again = FlushBoth(flush_time, stop, buffer); !again.ok()) return again.error();
    for (auto& one : *compared) {
      if (Status told = check.SetAsideWritten(one); !told.ok()) return told.error();
    }
  }
  return WithDeadLetters(context, buffer, *std::move(compared));
}

}  // namespace chimera::app
