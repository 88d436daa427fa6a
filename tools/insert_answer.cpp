#include "tools/insert_answer.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "base/text.h"
#include "ingest/position.h"
#include "tools/time_value.h"

namespace chimera::tools {
namespace {

std::string Count(uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string DayText(std::optional<int64_t> day) {
  return day ? FormatDay(*day) : "";
}

// Rows by day, in order; the rows of "now" may share a day with others.
std::map<std::optional<int64_t>, uint64_t> RowsByDay(const InsertReport& report) {
  std::map<std::optional<int64_t>, uint64_t> days;
  for (const RowGroup& group : report.batch.groups) days[report.DayOf(group)] += group.rows;
  return days;
}

Json Partitions(const InsertReport& report) {
  Json list = Json::array();
  for (const auto& [day, rows] : RowsByDay(report)) {
    list.push_back({{"day", day ? Json(FormatDay(*day)) : Json()}, {"rows", rows}});
  }
  return list;
}

Json TimeRange(const InsertReport& report) {
  if (!report.rules.partition) return nullptr;
  const ColumnType& type = report.rules.columns[*report.rules.partition].type;
  Instant first = report.batch.first.value_or(report.now);
  Instant last = report.batch.last.value_or(report.now);
  if (!report.batch.groups.back().day) {
    first = std::min(first, report.now);
    last = std::max(last, report.now);
  }
  return {{"first", AnsweredTime(type, first)}, {"last", AnsweredTime(type, last)}};
}

void AddNowNote(const InsertReport& report, size_t column, uint64_t rows, Json& notes) {
  const std::string at = AnsweredTime(report.rules.columns[column].type, report.now);
  std::string note = "`" + report.rules.names[column] + "` of " + Count(rows, "row") + " is ";
  note += report.now == report.called_at
              ? "the time of this call, " + at + ", unless the batch was stored before: then its first time stays"
              : at + ", when the same rows were first sent, before midnight";
  notes.push_back(note + ".");
}

void AddTimeNotes(const InsertReport& report, size_t column, Json& notes) {
  const TimeCounts& counts = report.batch.times[column];
  const std::string name = "`" + report.rules.names[column] + "` of ";
  if (counts.now > 0) AddNowNote(report, column, counts.now, notes);
  if (counts.assumed_utc > 0)
    notes.push_back(name + Count(counts.assumed_utc, "row") + " had no zone and was taken as UTC.");
  if (counts.cut > 0) {
    const int scale = report.rules.columns[column].type.scale;
    const std::string kept =
        scale == 0 ? "whole seconds" : Count(static_cast<uint64_t>(scale), "decimal") + " of a second";
    notes.push_back(name + Count(counts.cut, "row") + " had more digits than the column keeps; it is stored with " +
                    kept + ".");
  }
}

/// Whole days that are past what the table keeps.
uint64_t RowsPastRetention(const InsertReport& report) {
  if (report.rules.keep_days == 0) return 0;
  const int64_t today = std::chrono::floor<std::chrono::days>(report.called_at).time_since_epoch().count();
  uint64_t rows = 0;
  for (const auto& [day, count] : RowsByDay(report)) rows += day && *day < today - report.rules.keep_days ? count : 0;
  return rows;
}

void AddPrivacyNote(const InsertReport& report, size_t column, Json& notes) {
  const uint64_t rows = report.batch.protected_rows[column];
  if (rows == 0) return;
  const ColumnRule& rule = report.rules.columns[column];
  notes.push_back("`" + rule.column.name + "` of " + Count(rows, "row") + " is stored " + rule.protector->StoredAs() +
                  " (privacy).");
}

Json Notes(const InsertReport& report) {
  Json notes = Json::array();
  for (size_t i = 0; i < report.batch.times.size(); ++i) AddTimeNotes(report, i, notes);
  if (const uint64_t past = RowsPastRetention(report); past > 0) {
    notes.push_back(Count(past, "row") + (past == 1 ? " is" : " are") + " older than the " +
                    std::to_string(report.rules.keep_days) +
                    " days that the table keeps: a merge will delete what is stored of them.");
  }
  for (size_t i = 0; i < report.batch.protected_rows.size(); ++i) AddPrivacyNote(report, i, notes);
  if (report.buffered) {
    notes.push_back(std::string("Repeats of this batch are recognised for a day") +
                    (report.through_buffer ? "." : "; those of mode sync are not recognised here."));
  } else if (!report.batch.dry_run) {
    notes.push_back(
        "Stored once however often this batch is repeated, within the table's deduplication window (10,000 "
        "inserts in this server's tables, one for each day of a batch).");
  }
  if (!report.looked_back) {
    notes.push_back("The database account may not read " + report.table +
                    ": were these rows sent before midnight, too, they are stored twice. Send `" +
                    report.rules.names[*report.rules.partition] + "` with each row where a repeat may come.");
  }
  return notes;
}

// " (2025-01-31)" or " (2025-01-30 to 2025-01-31)".
std::string DaySpan(const InsertReport& report) {
  if (!report.rules.partition) return "";
  const auto days = RowsByDay(report);
  const std::string first = DayText(days.begin()->first);
  const std::string last = DayText(days.rbegin()->first);
  return first == last ? " (" + first + ")" : " (" + first + " to " + last + ")";
}

std::string Summary(const InsertReport& report) {
  const std::string rows = Count(report.batch.rows, "row");
  if (report.batch.dry_run) {
    return "Dry run: " + rows + (report.batch.rows == 1 ? " is" : " are") + " valid for " + report.table +
           DaySpan(report) + "; nothing was stored.";
  }
  if (report.buffered) {
    const std::string at = ingest::PositionText(report.buffered->position);
    if (report.buffered->repeated)
      return rows + " for " + report.table + DaySpan(report) + " came before, at " + at + ": nothing was added.";
    if (report.batch.buffered) {
      return rows + " for " + report.table + DaySpan(report) + (report.batch.rows == 1 ? " is" : " are") +
             " safe in the buffer and will be in the table soon; to read what was just written, pass require_fresh, " +
             "or min_watermark " + at + ".";
    }
  }
  return rows + (report.batch.rows == 1 ? " is in " : " are in ") + report.table + DaySpan(report) +
         ", stored once however often this call is repeated.";
}

bool CanBeRepeated(ErrorCode code) {
  return code == ErrorCode::kTimeout || code == ErrorCode::kCancelled || code == ErrorCode::kBusy ||
         code == ErrorCode::kUnavailable || code == ErrorCode::kIoError || code == ErrorCode::kDatabaseError;
}

std::string StoredDays(const InsertReport& report, size_t done) {
  std::vector<std::string> days;
  for (size_t i = 0; i < std::min<size_t>(done, 10); ++i) days.push_back(DayText(report.DayOf(report.batch.groups[i])));
  return Join(days, ", ") + (done > 10 ? ", …" : "");
}

}  // namespace

std::optional<int64_t> InsertReport::DayOf(const RowGroup& group) const {
  if (group.day || !rules.partition) return group.day;
  return std::chrono::floor<std::chrono::days>(now).time_since_epoch().count();
}

Answer MakeInsertAnswer(const InsertReport& report) {
  const Batch& batch = report.batch;
  const Json partitions = Partitions(report);
  Json answer = {{"table", report.table},
                 {"accepted_rows", batch.rows},
                 {"dry_run", batch.dry_run},
                 {"batch_token", report.batch_token},
                 {"idempotency_key", batch.idempotency_key.empty() ? Json() : Json(batch.idempotency_key)},
                 {"ts_range", TimeRange(report)},
                 {"partitions", partitions},
                 {"notes", Notes(report)}};
  if (report.buffered) {
    answer["position"] = ingest::PositionText(report.buffered->position);
    answer["repeated"] = report.buffered->repeated;
  }
  return {.summary = Summary(report), .structured_json = ToText(answer), .row_count = partitions.size()};
}

Error StoredInPart(Error error, const InsertReport& report, size_t done) {
  const size_t groups = report.batch.groups.size();
  if (done > 0) {
    error.message += " (of " + Count(groups, "day") + ", " + std::to_string(done) +
                     " had been stored before: " + StoredDays(report, done) + ")";
  }
  if (error.hint.empty() && CanBeRepeated(error.code)) {
    error.hint = "Send the same call again, unchanged: what is stored is recognised, and the rest is added.";
  }
  if (error.code == ErrorCode::kUnknownTable) {
    error.hint = "The dataset's tables are made by `chimera-mcp schema apply`.";
  }
  return error;
}

Error KeyConflict(const InsertReport& report, const RowGroup& group) {
  const auto day = report.DayOf(group);
  return MakeError(
      ErrorCode::kConflict,
      "idempotency_key " + ToText(Json(report.batch.idempotency_key)) + " was used before in " + report.table +
          (day ? " for other rows of " + FormatDay(*day) : " for other rows") + ", so the database left out the " +
          Count(group.rows, "row") + " of this call, or they were changed or removed since",
      "If these are new rows, send them with another idempotency_key. If this repeats the earlier call with "
      "changed values, that call is stored already.");
}

}  // namespace chimera::tools
