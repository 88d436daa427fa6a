// `chimera-mcp ingest …`: what waits in the buffer, and what could not be stored.
#include <cstdio>
#include <limits>

#include "app/backend.h"
#include "app/backlog_text.h"
#include "app/buffer.h"
#include "app/commands.h"
#include "app/text_table.h"
#include "ingest/position.h"

namespace chimera::app {
namespace {

constexpr std::chrono::seconds kAskTime{30};
// A row that waits longer than this is an operator's business.
constexpr std::chrono::seconds kLate{60};
constexpr uint64_t kPage = 1000;

Result<std::unique_ptr<Backend>> Open(const config::Config& config, bool migrate) {
  if (!config.buffer.On()) {
    return MakeError(ErrorCode::kInvalidArgument, "there is no buffer: CHIMERA_BUFFER is off",
                     "set it as the server has it, such as CHIMERA_BUFFER=sqlite:/var/lib/chimera-mcp/buffer.sqlite");
  }
  return Backend::Create(config, {.migrate = migrate, .buffer = true});
}

bool IsMeant(const ingest::Destination& to, const std::string& table) {
  return table.empty() || table == to.table || table == to.FullName();
}

/// The tables of the buffer that `table` names; empty: all. kUnknownTable when it names none.
Result<std::vector<ingest::Backlog>> Meant(const RequestContext& context, ingest::Store& store,
                                           const std::string& table) {
  auto backlogs = store.Backlogs(context);
  if (!backlogs.ok()) return backlogs;
  std::vector<ingest::Backlog> meant;
  for (ingest::Backlog& backlog : *backlogs) {
    if (IsMeant(backlog.to, table)) meant.push_back(std::move(backlog));
  }
  if (meant.empty() && !table.empty()) {
    return MakeError(ErrorCode::kUnknownTable, "nothing was ever buffered for a table `" + table + "`",
                     "`chimera-mcp ingest status` lists those that the buffer knows");
  }
  return meant;
}

/// The store whose dead letters are meant.
Result<ingest::Store*> LettersOf(Buffer& buffer, const DeadLetterCommand& command) {
  if (!command.mirror) return &buffer.Store();
  if (buffer.Mirror() != nullptr) return buffer.Mirror()->store.get();
  return MakeError(ErrorCode::kInvalidArgument, "there is no mirror: CHIMERA_MIRROR is unset", "leave --mirror out");
}

bool Troubled(const ingest::Backlog& backlog) {
  return backlog.dead > 0 || Waits(backlog) > kLate;
}

Json LetterJson(const ingest::DeadLetter& letter) {
  auto row = ParseJson(letter.row);
  return {
      {"id", letter.id},       {"table", letter.to.FullName()}, {"position", ingest::PositionText(letter.position)},
      {"batch", letter.batch}, {"reason", letter.reason},       {"row", row.ok() ? std::move(*row) : Json(letter.row)}};
}

/// Calls `visit` with each dead letter that is meant, in pages.
template <typename Visit>
Status EachLetter(const RequestContext& context, ingest::Store& store, const DeadLetterCommand& command, Visit visit) {
  uint64_t after = 0;
  while (true) {
    auto letters = store.DeadLetters(context, std::nullopt, after, kPage);
    if (!letters.ok()) return letters.error();
    if (letters->empty()) return Ok();
    for (const ingest::DeadLetter& letter : *letters) {
      after = letter.id;
      const bool wanted =
          command.ids.empty() || std::find(command.ids.begin(), command.ids.end(), letter.id) != command.ids.end();
      if (wanted && IsMeant(letter.to, command.table)) visit(letter);
    }
  }
}

int TakeLetters(const config::Config& config, const DeadLetterCommand& command, bool discard,
                const std::stop_token& stop) {
  auto backend = Open(config, false);
  if (!backend.ok()) return Report(backend.error());
  const auto store = LettersOf(*(*backend)->Buffer(), command);
  if (!store.ok()) return Report(store.error());
  const auto context = RequestContext::For("dead letters", kAskTime, stop);
  std::vector<uint64_t> ids;
  if (Status read = EachLetter(context, **store, command, [&](const auto& letter) { ids.push_back(letter.id); });
      !read.ok()) {
    return Report(read.error());
  }
  const auto taken = (*store)->TakeDeadLetters(context, ids, discard);
  if (!taken.ok()) return Report(taken.error());
  std::printf("%s rows %s\n", Count(*taken).c_str(),
              discard ? "are discarded" : "wait again; a running server stores them, or `chimera-mcp ingest flush`");
  return kDone;
}

}  // namespace

int IngestStatus(const config::Config& config, bool json, std::stop_token stop) {
  auto backend = Open(config, false);
  if (!backend.ok()) return Report(backend.error());
  ingest::Store& store = (*backend)->Buffer()->Store();
  const auto context = RequestContext::For("ingest status", kAskTime, stop);
  auto backlogs = store.Backlogs(context);
  if (!backlogs.ok()) return Report(backlogs.error());
  Json tables = Json::array();
  for (const auto& backlog : *backlogs) tables.push_back(BacklogJson(backlog));
  const std::vector<std::string> warnings = store.Warnings(context);
  if (json) {
    std::printf("%s\n", ToText(Json{{"buffer", store.Name()}, {"tables", tables}, {"warnings", warnings}}).c_str());
  } else {
    std::fputs(StatusText(*backlogs, store.Name()).c_str(), stdout);
    for (const auto& warning : warnings) std::printf("note: %s\n", warning.c_str());
  }
  return std::any_of(backlogs->begin(), backlogs->end(), Troubled) ? kFailed : kDone;
}

int IngestFlush(const config::Config& config, const std::string& table, int seconds, std::stop_token stop) {
  auto backend = Open(config, true);
  if (!backend.ok()) return Report(backend.error());
  Buffer& buffer = *(*backend)->Buffer();
  const auto context = RequestContext::For("ingest flush", std::chrono::seconds(seconds), stop);
  auto meant = Meant(context, buffer.Store(), table);
  if (!meant.ok()) return Report(meant.error());
  std::vector<ingest::Destination> tables;
  ingest::Position until = 0;
  uint64_t rows = 0;
  for (const auto& backlog : *meant) {
    tables.push_back(backlog.to);
    until = std::max(until, backlog.newest);
    rows += backlog.rows;
  }
  if (Status done = buffer.Writes().Flush(context, tables, until); !done.ok()) return Report(done.error());
  std::printf("%s rows that waited are stored\n", Count(rows).c_str());
  return kDone;
}

int ShowDeadLetters(const config::Config& config, const DeadLetterCommand& command, std::stop_token stop) {
  if (command.discard) return TakeLetters(config, command, true, stop);
  auto backend = Open(config, false);
  if (!backend.ok()) return Report(backend.error());
  const auto store = LettersOf(*(*backend)->Buffer(), command);
  if (!store.ok()) return Report(store.error());
  const auto context = RequestContext::For("dead letters", kAskTime, stop);
  const Status read = EachLetter(context, **store, command, [&](const auto& letter) {
    if (command.json) {
      std::printf("%s\n", ToText(LetterJson(letter)).c_str());
    } else {
      std::printf("%llu  %s  %s\n   %s\n", static_cast<unsigned long long>(letter.id), letter.to.FullName().c_str(),
                  letter.reason.c_str(), letter.row.c_str());
    }
  });
  return read.ok() ? kDone : Report(read.error());
}

int ReplayDeadLetters(const config::Config& config, const DeadLetterCommand& command, std::stop_token stop) {
  return TakeLetters(config, command, false, stop);
}

}  // namespace chimera::app
