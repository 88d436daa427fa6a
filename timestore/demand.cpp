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

/// What the database lacks of a table.
Freshness Lacking(const ingest::Backlog& backlog) {
  Freshness freshness{.age = milliseconds(0), .pending_rows = backlog.rows};
  if (backlog.oldest > 0) freshness.age = AgeOf(backlog.oldest);
  if (backlog.stored > 0) freshness.watermark = backlog.stored;
  return freshness;
}

Error NeverGivenOut(const ingest::Backlog& backlog, ingest::Position watermark) {
  return MakeError(ErrorCode::kConflict,
                   "min_watermark " + ingest::PositionText(watermark) + " is later than all writes to " +
                       backlog.to.database + "." + backlog.to.table +
                       (backlog.newest == 0 ? "; this server's buffer has had none"
                                            : "; the latest is " + ingest::PositionText(backlog.newest)),
                   "send the position that a write was answered with");
}

/// The answer says it, or there is none.
Result<Freshness> Stale(Freshness freshness, Error error, const Demand& demand) {
  if (demand.strict) return error;
  freshness.note = error.message;
  return freshness;
}

Error NotStored(Error error, milliseconds wait) {
  const bool late = error.code == ErrorCode::kTimeout;
  Error stale = MakeError(late ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
                          late ? "buffered rows were not stored within " + std::to_string(wait.count()) + " ms"
                               : "buffered rows cannot be stored now: " + error.message,
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
  if (!arguments.contains("min_watermark")) return demand;
  demand.watermark = ingest::ParsePosition(arguments["min_watermark"].get_ref<const std::string&>());
  if (!demand.watermark) {
    problems.Add("min_watermark", "is no position", arguments["min_watermark"],
                 "send the `position` of a write as it was answered, such as 2026-11-21T18:30:00.123456Z");
  }
  return demand;
}

Json ToJson(const Freshness& freshness) {
  Json json = {{"mode", freshness.merged ? "database+buffer" : "database"}};
  if (freshness.age) json["age_ms"] = freshness.age->count();
  if (freshness.watermark) json["watermark"] = ingest::PositionText(*freshness.watermark);
  if (freshness.pending_rows) json["pending_rows"] = *freshness.pending_rows;
  if (!freshness.note.empty()) json["note"] = freshness.note;
  return json;
}

Result<ingest::Backlog> BacklogOf(const RequestContext& context, ingest::WriteBuffer& buffer,
                                  const ingest::Destination& to) {
  auto backlogs = buffer.Backlogs(context);
  if (!backlogs) return std::move(backlogs).error();
  for (auto& backlog : *backlogs) {
    if (backlog.to == to) return std::move(backlog);
  }
  ingest::Backlog none;
  none.to = to;
  return none;
}

Result<Freshness> MakeFresh(const RequestContext& context, ingest::WriteBuffer& buffer, const ingest::Destination& to,
                            const Demand& demand, bool always, milliseconds wait) {
  auto backlog = BacklogOf(context, buffer, to);
  if (!backlog) {
    return Stale({},
                 MakeError(ErrorCode::kUnavailable, "the buffer does not say what waits: " + backlog.error().message),
                 demand);
  }
  if (demand.watermark && *demand.watermark > backlog->newest) {
    return Stale(Lacking(*backlog), NeverGivenOut(*backlog, *demand.watermark), demand);
  }
  const ingest::Position target = demand.fresh || always ? backlog->newest : demand.watermark.value_or(0);
  if (Has(*backlog, target)) return Lacking(*backlog);
  RequestContext bounded = context;
  bounded.deadline = context.deadline.Earlier(Deadline::After(wait));
  Status flushed = buffer.Flush(bounded, {to}, target);
  if (context.Cancelled()) return MakeError(ErrorCode::kCancelled, "cancelled while buffered rows were stored");
  auto after = BacklogOf(context, buffer, to);
  Freshness freshness = Lacking(after ? *after : *backlog);
  if (flushed) return freshness;
  return Stale(std::move(freshness), NotStored(std::move(flushed).error(), wait), demand);
}

Result<Freshness> OfMerged(const ingest::Backlog& backlog, const Demand& demand) {
  Freshness freshness{.merged = true, .age = milliseconds(0), .pending_rows = 0};
  if (backlog.newest > 0) freshness.watermark = backlog.newest;
  if (!demand.watermark || *demand.watermark <= backlog.newest) return freshness;
  return Stale(std::move(freshness), NeverGivenOut(backlog, *demand.watermark), demand);
}

}  // namespace chimera::timestore
