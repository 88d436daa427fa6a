#include <algorithm>
#include <cstdio>

#include "app/or_null.h"
#include "app/status.h"
#include "app/text_table.h"
#include "app/version.h"

namespace chimera::app {
namespace {

const char* Mark(StepState state) {
  switch (state) {
    case StepState::kOk:
      return "ok  ";
    case StepState::kNote:
      return "note";
    case StepState::kDown:
      return "down";
    case StepState::kBroken:
      return "FAIL";
    case StepState::kSkipped:
      return "-   ";
  }
  return "";
}

const char* StateName(StepState state) {
  switch (state) {
    case StepState::kOk:
      return "ok";
    case StepState::kNote:
      return "note";
    case StepState::kDown:
      return "down";
    case StepState::kBroken:
      return "failed";
    case StepState::kSkipped:
      return "skipped";
  }
  return "";
}

std::string Milliseconds(double ms) {
  char text[32];
  std::snprintf(text, sizeof text, ms < 10 ? "%.1f ms" : "%.0f ms", ms);
  return text;
}

// `text` broken at blanks into lines of `width` characters where it can be, all but the first after `indent` blanks.
std::string Wrapped(const std::string& text, size_t width, size_t indent) {
  std::string out;
  size_t column = 0;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find(' ', start), text.size());
    const std::string word = text.substr(start, end - start);
    const bool breaks = column > 0 && column + 1 + Width(word) > width;
    if (column > 0) out += breaks ? "\n" + std::string(indent, ' ') : " ";
    column = breaks || column == 0 ? Width(word) : column + 1 + Width(word);
    out += word;
    start = end + 1;
  }
  return out;
}

std::string StepText(const Step& step, size_t name_width, size_t columns) {
  const size_t indent = 4 + 2 + name_width + 2;
  const size_t width = columns == 0 ? std::string::npos : columns - indent;
  std::string text = step.error ? step.error->message : step.text;
  if (step.ms) text += (text.empty() ? "" : "; ") + Milliseconds(*step.ms);
  std::string out =
      Mark(step.state) + std::string("  ") + Padded(step.name, name_width) + "  " + Wrapped(text, width, indent) + "\n";
  if (step.error && !step.error->hint.empty()) {
    out += std::string(indent, ' ') + Wrapped("→ " + step.error->hint, width, indent + 2) + "\n";
  }
  return out;
}

TextRow RowOf(const TableFacts& table) {
  const auto or_dash = [](const auto& value, auto print) { return value ? print(*value) : std::string("-"); };
  const std::string newest = table.newest.empty() ? "-" : table.newest;
  return {table.name,
          or_dash(table.rows, Count),
          newest,
          or_dash(table.age_seconds, Age),
          or_dash(table.bytes, Bytes),
          or_dash(table.parts, Count)};
}

std::string TableText(const std::vector<TableFacts>& tables) {
  std::vector<TextRow> rows = {{"table", "rows", "newest row", "age", "stored", "parts"}};
  for (const auto& table : tables) rows.push_back(RowOf(table));
  return TextTable(rows, {0, 2});
}

std::string Verdict(const StatusReport& report) {
  const auto failed = std::count_if(report.steps.begin(), report.steps.end(),
                                    [](const Step& step) { return step.state == StepState::kBroken; });
  if (failed == 0 && report.Down() > 0) {
    const char* verb = report.Down() == 1 ? "does" : "do";
    return "it works, degraded: " + std::to_string(report.Down()) + " of " + std::to_string(report.hosts) + " hosts " +
           verb + " not answer\n";
  }
  if (failed == 0) return "everything is fine\n";
  return std::to_string(failed) + (failed == 1 ? " problem\n" : " problems\n");
}

Json StepJson(const Step& step) {
  Json json = {{"name", step.name}, {"state", StateName(step.state)}};
  if (!step.text.empty()) json["text"] = step.text;
  if (step.ms) json["ms"] = *step.ms;
  if (step.error) {
    json["error"] = {{"code", Name(step.error->code)}, {"message", step.error->message}, {"hint", step.error->hint}};
  }
  json.update(step.facts);
  return json;
}

Json TableJson(const TableFacts& table) {
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  return {{"database", table.database},   {"table", table.name},
          {"rows", OrNull(table.rows)},   {"stored_bytes", OrNull(table.bytes)},
          {"parts", OrNull(table.parts)}, {"time_column", text(table.time_column)},
          {"newest", text(table.newest)}, {"age_seconds", OrNull(table.age_seconds)}};
}

}  // namespace

std::string StatusText(const StatusReport& report, size_t columns) {
  std::string out =
      std::string("chimera-mcp ") + kVersion + ", database " + report.database + " on " + report.address + "\n\n";
  size_t name_width = 0;
  for (const auto& step : report.steps) name_width = std::max(name_width, Width(step.name));
  for (const auto& step : report.steps) out += StepText(step, name_width, columns);
  if (!report.tables.empty()) out += "\n" + TableText(report.tables);
  return out + "\n" + Verdict(report);
}

Json StatusJson(const StatusReport& report) {
  Json json = {{"version", kVersion},           {"fine", report.Fine()},
               {"degraded", report.Down() > 0}, {"kind", report.embedded ? "embedded" : "remote"},
               {"address", report.address},     {"database", report.database},
               {"steps", Json::array()},        {"tables", Json::array()}};
  for (const auto& step : report.steps) json["steps"].push_back(StepJson(step));
  for (const auto& table : report.tables) json["tables"].push_back(TableJson(table));
  return json;
}

}  // namespace chimera::app
