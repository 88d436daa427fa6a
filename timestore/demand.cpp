#include "timestore/demand.h"

#include <algorithm>

#include "ingest/position.h"
#include "tools/answer.h"

namespace chimera::timestore {
namespace {

using std::chrono::milliseconds;

milliseconds AgeOf(ingest::Position position) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto age = std::chrono::duration_cast<milliseconds>(now - std::chrono::microseconds(position));
  return std::max(age, milliseconds(0));
}

std::string DeadNote(const ingest::Backlog& backlog) {
  if (backlog.dead == 0) return "";
  return std::to_string(backlog.dead) + (backlog.dead == 1 ? " row" : " rows") + " could not be stored (dead letters)";
}

/// What the database lacks of a table.
Freshness Lacking(const Look& look) {
  const ingest::Backlog& table = look.table;
  Freshness freshness;
  freshness.age = milliseconds(0);
  freshness.pending_rows = table.rows;
  freshness.note = DeadNote(table);
  if (table.oldest > 0) freshness.age = AgeOf(table.oldest);
  const ingest::Position known = table.oldest > 0 ? table.oldest - 1 : look.newest;
  if (known > 0) freshness.watermark = known;
  return freshness;
}

Error NeverGivenOut(const Look& look, ingest::Position watermark) {
  return MakeError(
      ErrorCode::kConflict,
      "min_watermark " + ingest::PositionText(watermark) + " is later than all writes that this buffer took" +
          (look.newest == 0 ? "; it has had none" : "; the latest is " + ingest::PositionText(look.newest)),
      "send the position that a write was answered with");
}

/// The answer says it, or there is none.
Result<Freshness> Stale(Freshness freshness, Error error, const Demand& demand) {
  if (demand.strict) return error;
  freshness.note = "stale: " + error.message + (freshness.note.empty() ? "" : "; " + freshness.note);
  return freshness;
}

/// A caller with a database account of his own is not shown what others' data make the database say.
std::string Told(const RequestContext& context, const Error& error) {
  const bool in_part = context.principal && context.principal->database_account;
  return std::string(Name(error.code)) + (in_part ? "" : ": " + error.message);
}

Error NotStored(const RequestContext& context, const Error& error, milliseconds wait) {
  const bool late = error.code == ErrorCode::kTimeout;
  Error stale = MakeError(late ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
                          late ? "buffered rows were not stored within " + std::to_string(wait.count()) + " ms"
                               : "buffered rows cannot be stored now (" + Told(context, error) + ")",
                          "send the call again, or without strict");
  stale.retry_after = std::chrono::seconds(1);
  return stale;
}

bool Has(const ingest::Backlog& backlog, ingest::Position target) {
  return backlog.oldest == 0 || backlog.oldest > target;
}

}  // namespace

Json DemandProperties() {
  return {{"require_fresh",
           {{"type", "boolean"}, {"default", false}, {"description", "with all that was written before this call"}}},
          {"min_watermark", tools::Typed("string", "with all up to this position of a write")},
          {"strict", {{"type", "boolean"}, {"default", false}, {"description", "an error instead of a stale answer"}}}};
}

Json FreshnessSchema() {
  return {{"type", "object"},
          {"description", "age_ms: of the oldest write that may be missing; pending_rows: how many may be"}};
}

Demand ReadDemand(const Json& arguments, tools::Problems& problems) {
  Demand demand{
      .fresh = arguments.value("require_fresh", false), .watermark = {}, .strict = arguments.value("strict", false)};
  if (demand.strict && !demand.fresh && !arguments.contains("min_watermark")) {
    problems.Add("strict", "says nothing alone", true, "send require_fresh or min_watermark with it");
  }
  if (!arguments.contains("min_watermark")) return demand;
  demand.watermark = ingest::ParsePosition(arguments["min_watermark"].get_ref<const std::string&>());
  if (!demand.watermark) {
    problems.Add("min_watermark", "is no position", arguments["min_watermark"],
                 "send the `position` of a write as it was answered, such as 2026-11-21T18:30:00.123456Z");
  }
  return demand;
}

Result<Look> LookAt(const RequestContext& context, ingest::WriteBuffer& buffer, const ingest::Destination& to) {
  auto backlogs = buffer.Backlogs(context);
  if (!backlogs) return std::move(backlogs).error();
  Look look;
  look.table.to = to;
  for (auto& backlog : *backlogs) {
    look.newest = std::max(look.newest, backlog.newest);
    if (backlog.to == to) look.table = std::move(backlog);
  }
  return look;
}

Result<Freshness> MakeFresh(const RequestContext& context, ingest::WriteBuffer& buffer, const ingest::Destination& to,
                            const Demand& demand, bool always, milliseconds wait) {
  auto look = LookAt(context, buffer, to);
  if (!look) {
    return Stale({},
                 MakeError(ErrorCode::kUnavailable,
                           "the buffer cannot be asked what waits in it (" + Told(context, look.error()) + ")"),
                 demand);
  }
  if (demand.watermark && *demand.watermark > look->newest) {
    return Stale(Lacking(*look), NeverGivenOut(*look, *demand.watermark), demand);
  }
  const ingest::Position target = demand.fresh || always ? look->table.newest : demand.watermark.value_or(0);
  if (Has(look->table, target)) return Lacking(*look);
  RequestContext bounded = context;
  bounded.deadline = context.deadline.Earlier(Deadline::After(wait));
  const Status flushed = buffer.Flush(bounded, {to}, target);
  if (context.Cancelled()) return MakeError(ErrorCode::kCancelled, "cancelled while buffered rows were stored");
  auto after = LookAt(context, buffer, to);
  Freshness freshness = Lacking(after ? *after : *look);
  if (flushed) return freshness;
  return Stale(std::move(freshness), NotStored(context, flushed.error(), wait), demand);
}

Result<Freshness> OfMerged(const Look& look, const Demand& demand) {
  Freshness freshness;
  freshness.mode = freshness::Mode::kDatabaseAndBuffer;
  freshness.age = milliseconds(0);
  freshness.pending_rows = 0;
  freshness.note = DeadNote(look.table);
  if (look.newest > 0) freshness.watermark = look.newest;
  if (!demand.watermark || *demand.watermark <= look.newest) return freshness;
  return Stale(std::move(freshness), NeverGivenOut(look, *demand.watermark), demand);
}

}  // namespace chimera::timestore
