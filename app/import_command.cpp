#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <memory>

#include "app/backend.h"
#include "app/commands.h"
#include "app/progress_line.h"
#include "base/text.h"
#include "transfer/importer.h"

namespace chimera::app {
namespace {

using transfer::ImportProgress;
using Clock = std::chrono::steady_clock;

// One statement: a batch of one partition, or a whole Parquet file.
constexpr std::chrono::hours kStatementTime{1};

std::string Grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// Of all files together; 0 when one is a pipe.
uint64_t TotalBytes(const std::vector<std::string>& files) {
  uint64_t total = 0;
  for (const auto& file : files) {
    struct stat facts {};
    if (file == "-" || stat(file.c_str(), &facts) != 0) return 0;
    total += static_cast<uint64_t>(facts.st_size);
  }
  return total;
}

std::string Bar(double done) {
  constexpr size_t kWidth = 24;
  const auto full = static_cast<size_t>(done * kWidth);
  return "[" + std::string(full, '#') + std::string(kWidth - full, '.') + "] ";
}

std::string ProgressText(const ImportProgress& progress, uint64_t total_bytes, Clock::time_point start) {
  const double seconds = SecondsSince(start);
  const uint64_t rows = progress.stored;
  std::string text = Grouped(rows) + " rows";
  if (progress.earlier > 0) text += ", " + Grouped(progress.earlier) + " from an earlier run";
  if (progress.rejected > 0) text += ", " + Grouped(progress.rejected) + " refused";
  text += ", " + Grouped(static_cast<uint64_t>(static_cast<double>(rows) / seconds)) + " rows/s";
  if (total_bytes == 0) return text;
  const double done = std::min(1.0, static_cast<double>(progress.bytes) / static_cast<double>(total_bytes));
  char left[64] = "";
  if (done > 0) std::snprintf(left, sizeof left, ", %.0f %%, %.0f s left", done * 100, seconds / done - seconds);
  return Bar(done) + text + left;
}

/// Where refused records go.
class RejectFile {
 public:
  Status Open(const std::string& path) {
    if (path.empty()) return Ok();
    file_.reset(std::fopen(path.c_str(), "ae"));
    if (!file_) return MakeError(ErrorCode::kIoError, path + " cannot be written", "name another file with --reject");
    path_ = path;
    return Ok();
  }

  Status Add(const std::string& source, const std::vector<transfer::BadRow>& bad) {
    if (!file_) return Ok();
    for (const auto& row : bad) {
      const std::string line = ToText(Json{{"file", source},
                                           {"line", row.line},
                                           {"column", row.column.empty() ? Json() : Json(row.column)},
                                           {"reason", row.message},
                                           {"hint", row.hint},
                                           {"record", row.record}});
      std::fprintf(file_.get(), "%s\n", line.c_str());
    }
    if (std::fflush(file_.get()) == 0) return Ok();
    return MakeError(ErrorCode::kIoError, path_ + " cannot be written");
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, Close> file_;
  std::string path_;
};

/// The first few refused records, for the summary.
struct Samples {
  static constexpr size_t kMost = 10;
  std::vector<std::pair<std::string, transfer::BadRow>> rows;

  void Add(const std::string& file, const std::vector<transfer::BadRow>& bad) {
    for (size_t i = 0; i < bad.size() && rows.size() < kMost; ++i) rows.emplace_back(file, bad[i]);
  }
};

struct Summary {
  const ImportCommand& command;
  const transfer::Target& target;
  const ImportProgress& progress;
  const Samples& samples;
  const std::optional<Error>& error;
  double seconds;
};

Json ToJson(const Summary& summary) {
  const ImportProgress& progress = summary.progress;
  Json refused = Json::array();
  for (const auto& [file, row] : summary.samples.rows) {
    refused.push_back({{"file", file}, {"line", row.line}, {"column", row.column}, {"reason", row.message}});
  }
  Json error = nullptr;
  if (summary.error) {
    error = {{"code", Name(summary.error->code)}, {"message", summary.error->message}, {"hint", summary.error->hint}};
  }
  return {{"table", summary.target.FullName()},
          {"files", summary.command.files},
          {"dry_run", summary.command.dry_run},
          {summary.command.dry_run ? "valid_rows" : "stored_rows", progress.stored.load()},
          {"earlier_records", progress.earlier.load()},
          {"skipped_rows", progress.skipped.load()},
          {"rejected_records", progress.rejected.load()},
          {"times_without_zone", progress.assumed_utc.load()},
          {"times_cut", progress.cut.load()},
          {"values_protected", progress.protected_values.load()},
          {"rows_past_retention", progress.past_retention.load()},
          {"batches", progress.batches.load()},
          {"seconds", summary.seconds},
          {"rejected", refused},
          {"complete", !summary.error},
          {"error", error}};
}

std::string ToPlain(const Summary& summary) {
  const ImportProgress& progress = summary.progress;
  std::string text = summary.target.FullName() + ": " + Grouped(progress.stored) +
                     (summary.command.dry_run ? " rows could be stored (dry run)" : " rows stored");
  if (progress.earlier > 0) text += ", " + Grouped(progress.earlier) + " records stored by an earlier run";
  if (progress.skipped > 0) text += ", " + Grouped(progress.skipped) + " skipped as too old";
  if (progress.rejected > 0) text += ", " + Grouped(progress.rejected) + " refused";
  char time[32];
  std::snprintf(time, sizeof time, ", in %.1f s\n", summary.seconds);
  text += time;
  for (const auto& [file, row] : summary.samples.rows) {
    text += "  refused: " + file + ", line " + std::to_string(row.line) + ": " +
            (row.column.empty() ? "" : "`" + row.column + "` ") + row.message + "\n";
  }
  if (progress.assumed_utc > 0)
    text += "  " + Grouped(progress.assumed_utc) + " times had no zone and were taken as UTC\n";
  if (progress.cut > 0) text += "  " + Grouped(progress.cut) + " times had more digits than their column keeps\n";
  if (progress.protected_values > 0) text += "  " + Grouped(progress.protected_values) + " values were protected\n";
  if (progress.past_retention > 0) {
    text += "  " + Grouped(progress.past_retention) + " rows are older than the " +
            std::to_string(summary.target.keep_days) +
            " days that the table keeps: a merge deletes what is stored of them\n";
  }
  return text;
}

Status CheckDeduplication(const RequestContext& context, clickhouse::Client& client, const transfer::Target& target,
                          const ImportCommand& command) {
  if (command.dry_run || command.without_deduplication) return Ok();
  auto known = transfer::DeduplicationOf(context, client, target);
  if (!known) return std::move(known).error();
  if (*known != clickhouse::Deduplication::kNone) return Ok();
  return MakeError(ErrorCode::kConflict,
                   target.FullName() +
                       ", or what its materialized views write to, does not recognise a batch that comes "
                       "twice: an import that is killed could not be continued exactly",
                   "ALTER TABLE " + target.FullName() +
                       " MODIFY SETTING non_replicated_deduplication_window = 10000, or pass --without-deduplication");
}

/// An import whose rows are not there must not look like one that is done.
Status CheckStored(const RequestContext& context, clickhouse::Client& client, const transfer::Target& target,
                   const ImportProgress& progress) {
  if (progress.stored + progress.earlier == 0) return Ok();
  clickhouse::Query query;
  query.sql = "SELECT 1 FROM " + target.QuotedName() + " LIMIT 1";
  auto rows = client.Read(context, query);
  if (!rows) return std::move(rows).error();
  if (rows->row_count > 0) return Ok();
  return MakeError(ErrorCode::kConflict,
                   target.FullName() +
                       " is empty: it was emptied after an earlier import of these files, whose batches are "
                       "remembered, or its TTL has removed the rows",
                   "to store them once more: --again NAME, with a name that was not used before");
}

Result<transfer::ImportOptions> OptionsOf(const ImportCommand& command) {
  transfer::ImportOptions options;
  if (!command.format.empty()) {
    auto format = transfer::FormatFromName(command.format);
    if (!format) return std::move(format).error();
    options.format = *format;
  }
  auto mapping = transfer::ParseMapping(command.map, command.skip);
  if (!mapping) return std::move(mapping).error();
  options.mapping = *std::move(mapping);
  options.limits.records = command.batch_rows;
  options.jobs = command.jobs;
  options.dry_run = command.dry_run;
  options.days = command.days;
  options.max_errors = command.max_errors;
  options.again = command.again;
  options.now = std::chrono::system_clock::now();
  options.statement_time = kStatementTime;
  return options;
}

std::optional<Error> ImportAll(const std::stop_token& stop, clickhouse::Client& client, const transfer::Target& target,
                               const ImportCommand& command, const transfer::ImportOptions& options,
                               ImportProgress& progress) {
  const uint64_t total = TotalBytes(command.files);
  const auto start = Clock::now();
  const ProgressLine line([&] { return ProgressText(progress, total, start); });
  for (const auto& file : command.files) {
    Status done = transfer::ImportFile(stop, client, target, file, options, progress);
    if (!done) return std::move(done).error();
  }
  if (command.dry_run) return std::nullopt;
  Status there = CheckStored(transfer::StatementContext(options), client, target, progress);
  return there ? std::nullopt : std::optional(std::move(there).error());
}

}  // namespace

int Import(const config::Config& config, const ImportCommand& command, std::stop_token stop) {
  auto options = OptionsOf(command);
  if (!options) return Report(options.error()), kMisused;
  if (Status alone = CheckNoMirror(config, "import"); !alone) return Report(alone.error());
  auto backend = Backend::Create(config, {.migrate = true});
  if (!backend) return Report(backend.error());
  clickhouse::Client& client = (*backend)->Client();
  const RequestContext context = RequestContext::For("import", kStatementTime, stop);
  auto target = transfer::FindTarget(context, client, (*backend)->Datasets(), (*backend)->Privacy(), command.table);
  if (!target) return Report(target.error());
  if (Status known = CheckDeduplication(context, client, *target, command); !known) return Report(known.error());

  RejectFile rejects;
  Samples samples;
  if (Status opened = rejects.Open(command.reject); !opened) return Report(opened.error());
  options->on_bad = [&](const std::string& file, const std::vector<transfer::BadRow>& bad) {
    samples.Add(file, bad);
    return rejects.Add(file, bad);
  };
  ImportProgress progress;
  const auto start = Clock::now();
  auto error = ImportAll(stop, client, *target, command, *options, progress);
  if (error && error->code == ErrorCode::kCancelled) {
    error->hint = "the same command goes on where this one ended; what is stored is not stored twice";
  }
  const Summary summary{command, *target, progress, samples, error, SecondsSince(start)};
  const std::string text = command.json ? ToText(ToJson(summary)) + "\n" : ToPlain(summary);
  std::fputs(text.c_str(), stdout);
  if (error) return Report(*error);
  return command.dry_run && progress.rejected > command.max_errors ? kFailed : kDone;
}

}  // namespace chimera::app
