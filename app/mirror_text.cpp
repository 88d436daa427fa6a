#include "app/mirror_check.h"
#include "app/text_table.h"
#include "base/text.h"

namespace chimera::app {
namespace {

constexpr size_t kMostDays = 20;  // of a table, for people; JSON has them all

std::string Verdict(const ingest::TableComparison& table) {
  if (table.presence == ingest::Presence::kMain) return "missing in the mirror";
  if (table.presence == ingest::Presence::kMirror) return "only in the mirror";
  if (!table.days.empty()) return Count(table.days.size()) + (table.days.size() == 1 ? " day differs" : " days differ");
  if (!table.Equal()) return "columns differ";
  return table.being_written.empty() ? "equal" : "equal, but for what is being written";
}

std::string DayText(const ingest::DayDifference& day) {
  const std::string name = day.day.empty() ? "all rows" : day.day;
  if (day.rows == day.mirror_rows) return name + ": " + Count(day.rows) + " rows in both, with other values";
  return name + ": " + Count(day.rows) + " rows, " + Count(day.mirror_rows) + " in the mirror";
}

std::string DaysText(const ingest::TableComparison& table) {
  std::string text;
  for (size_t i = 0; i < std::min(table.days.size(), kMostDays); ++i) text += "  " + DayText(table.days[i]) + "\n";
  if (table.days.size() > kMostDays) text += "  and " + Count(table.days.size() - kMostDays) + " more days\n";
  return text;
}

std::string ListLine(const std::string& what, const std::vector<std::string>& names) {
  return names.empty() ? "" : "  " + what + ": " + Join(names, ", ") + "\n";
}

std::string DetailText(const MirrorReport::Table& table) {
  const auto& compared = table.compared;
  std::string text = DaysText(compared);
  text += ListLine("columns that the mirror lacks", compared.only_main);
  text += ListLine("columns that only the mirror has", compared.only_mirror);
  for (const auto& type : compared.types) {
    text += "  note: " + type.column + " is " + type.main + ", in the mirror " + type.mirror + "\n";
  }
  text += ListLine("left out, as rows arrived meanwhile", compared.being_written);
  text += ListLine("left out, as each database fills them itself", compared.left_out);
  if (!compared.what.since.empty()) {
    text += "  left out, as retention deletes them: rows up to " + compared.what.since + "\n";
  }
  if (table.dead > 0) text += "  dead letters: " + Count(table.dead) + "\n";
  if (table.mirror_dead > 0) text += "  dead letters of the mirror: " + Count(table.mirror_dead) + "\n";
  return text.empty() ? "" : compared.what.database + "." + compared.what.table + "\n" + text;
}

Json TableJson(const MirrorReport::Table& table) {
  const auto& compared = table.compared;
  const bool here = compared.presence != ingest::Presence::kMirror;
  const bool there = compared.presence != ingest::Presence::kMain;
  Json days = Json::array();
  for (const auto& day : compared.days) {
    days.push_back(
        {{"day", day.day.empty() ? Json() : Json(day.day)}, {"rows", day.rows}, {"mirror_rows", day.mirror_rows}});
  }
  Json types = Json::array();
  for (const auto& type : compared.types) {
    types.push_back({{"column", type.column}, {"type", type.main}, {"mirror_type", type.mirror}});
  }
  return {{"table", compared.what.database + "." + compared.what.table},
          {"equal", compared.Equal()},
          {"rows", here ? Json(compared.rows) : Json()},
          {"mirror_rows", there ? Json(compared.mirror_rows) : Json()},
          {"days", std::move(days)},
          {"columns_mirror_lacks", compared.only_main},
          {"columns_only_in_mirror", compared.only_mirror},
          {"types", std::move(types)},
          {"days_left_out", compared.being_written},
          {"columns_left_out", compared.left_out},
          {"rows_left_out_until", compared.what.since.empty() ? Json() : Json(compared.what.since)},
          {"dead_letters", table.dead},
          {"mirror_dead_letters", table.mirror_dead}};
}

}  // namespace

std::string ReportText(const MirrorReport& report) {
  std::vector<TextRow> rows = {{"table", "rows", "in the mirror", ""}};
  std::string details;
  for (const auto& table : report.tables) {
    const auto& compared = table.compared;
    rows.push_back({compared.what.database + "." + compared.what.table, Count(compared.rows),
                    Count(compared.mirror_rows), Verdict(compared)});
    details += DetailText(table);
  }
  return TextTable(rows, {0, 3}) + "\n" + details +
         (report.Equal() ? "both databases have the same rows\n" : "the databases differ\n");
}

Json ReportJson(const MirrorReport& report) {
  Json tables = Json::array();
  for (const auto& table : report.tables) tables.push_back(TableJson(table));
  return {{"equal", report.Equal()}, {"tables", std::move(tables)}};
}

}  // namespace chimera::app
