#include <chrono>
#include <cstdio>

#include "app/backend.h"
#include "app/commands.h"
#include "app/progress_line.h"
#include "transfer/byte_sink.h"
#include "transfer/exporter.h"

namespace chimera::app {
namespace {

constexpr std::chrono::hours kStatementTime{1};

Result<std::optional<tools::Instant>> TimeOf(const std::string& flag, const std::string& text) {
  if (text.empty()) return std::optional<tools::Instant>();
  const auto time = tools::ParseTime(text);
  if (!time) {
    return MakeError(ErrorCode::kInvalidArgument, flag + " " + text + " is not a time",
                     "write for example 2025-11-20 or 2025-11-20T13:00:00Z");
  }
  return std::optional(flag == "--until" && time->date_only ? time->at + std::chrono::days(1) : time->at);
}

Result<transfer::ExportOptions> OptionsOf(const ExportCommand& command) {
  transfer::ExportOptions options;
  const bool named = !command.format.empty() || command.to == "-";
  const std::string name = command.format.empty() ? "csv" : command.format;
  auto format = named ? transfer::FormatFromName(name) : transfer::FormatOfPath(command.to);
  if (!format) return std::move(format).error();
  if (*format == transfer::FileFormat::kParquet && (command.to.ends_with(".gz") || command.to.ends_with(".zst"))) {
    return MakeError(ErrorCode::kInvalidArgument, "Parquet is packed within: " + command.to + " would be packed twice",
                     "leave the ending out");
  }
  auto since = TimeOf("--since", command.since);
  if (!since) return std::move(since).error();
  auto until = TimeOf("--until", command.until);
  if (!until) return std::move(until).error();
  options.format = *format;
  options.columns = command.columns;
  options.since = *since;
  options.until = *until;
  if (command.days > 0) options.since = std::chrono::system_clock::now() - std::chrono::days(command.days);
  options.statement_time = kStatementTime;
  return options;
}

Status Write(const std::stop_token& stop, clickhouse::Client& client, const transfer::Target& target,
             const transfer::ExportOptions& options, const std::string& to, std::atomic<uint64_t>& rows) {
  auto sink = transfer::ByteSink::Open(to);
  if (!sink) return std::move(sink).error();
  const ProgressLine line([&] { return std::to_string(rows) + " rows"; });
  const auto write = [&](std::string_view text) { return (*sink)->Write(text); };
  if (Status done = transfer::ExportTable(stop, client, target, options, write, rows); !done) return done;
  return (*sink)->Finish();
}

}  // namespace

int Export(const config::Config& config, const ExportCommand& command, std::stop_token stop) {
  const auto options = OptionsOf(command);
  if (!options) return Report(options.error()), kMisused;
  auto backend = Backend::Create(config, {.migrate = true});
  if (!backend) return Report(backend.error());
  const RequestContext context = RequestContext::For("export", kStatementTime, stop);
  auto target =
      transfer::FindTarget(context, (*backend)->Client(), (*backend)->Datasets(), (*backend)->Privacy(), command.table);
  if (!target) return Report(target.error());
  std::atomic<uint64_t> rows{0};
  if (Status done = Write(stop, (*backend)->Client(), *target, *options, command.to, rows); !done) {
    return Report(done.error());
  }
  const std::string count = std::to_string(rows);
  std::fprintf(stderr, "%s: %s rows to %s\n", target->FullName().c_str(), count.c_str(),
               command.to == "-" ? "standard output" : command.to.c_str());
  return kDone;
}

}  // namespace chimera::app
