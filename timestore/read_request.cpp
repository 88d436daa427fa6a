#include "timestore/read_request.h"

#include <chrono>

#include "base/text.h"
#include "tools/answer.h"

namespace chimera::timestore {
namespace {

std::string Count(uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string Summary(const ReadRequest& request, const ReadOutcome& outcome) {
  const std::string table = request.name.dataset + "/" + request.name.table;
  std::string text = outcome.rows == 0 ? "No rows of " + table + " match."
                                       : Count(outcome.rows, "row") + " of " + table +
                                             (request.descending ? ", newest first" : ", oldest first");
  if (outcome.from_buffer > 0) text += "; " + std::to_string(outcome.from_buffer) + " of them still in the buffer";
  if (outcome.rows > 0) text += ".";
  if (outcome.truncated) {
    text += outcome.rows == 0 ? " The first row is larger than an answer may be: name fewer columns."
                              : " There are more: narrow since, until or filters, or raise limit.";
  }
  if (!outcome.newest.empty()) text += " " + outcome.newest + ".";
  if (!outcome.freshness.note.empty()) text += " Freshness: " + outcome.freshness.note + ".";
  for (const auto& note : outcome.notes) text += " Note: " + note + ".";
  return text;
}

}  // namespace

Json ReadInputSchema() {
  Json properties = Json::parse(R"json({
    "dataset": {"type": "string", "description": "as it was written, e.g. sensors, or a dataset that this server declares"},
    "table": {"type": "string", "description": "e.g. climate"}})json");
  properties["since"] = tools::SinceSchema();
  properties["until"] = tools::UntilSchema();
  properties["filters"] = tools::FiltersSchema();
  properties["columns"] = {{"type", "array"}, {"items", {{"type", "string"}}}, {"description", "default: all fields"}};
  properties["limit"] = {{"type", "integer"}, {"minimum", 1}, {"maximum", 5000}, {"default", 100}};
  properties["order"] = {{"type", "string"}, {"enum", {"oldest_first", "newest_first"}}, {"default", "oldest_first"}};
  const Json demand = DemandProperties();
  for (const auto& [name, schema] : demand.items()) properties[name] = schema;
  return tools::ArgumentsSchema(std::move(properties), {"dataset", "table"});
}

Json ReadOutputSchema() {
  Json properties = tools::RowsProperties();
  properties["from_buffer"] = {{"type", "integer"}};
  properties["freshness"] = FreshnessSchema();
  properties["notes"] = {{"type", "array"}};
  return tools::ObjectSchema(std::move(properties));
}

ReadRequest ReadReadRequest(const Json& arguments, tools::Problems& problems) {
  ReadRequest request{.name = {arguments["dataset"], arguments["table"]},
                      .window = {},
                      .columns = {},
                      .limit = arguments["limit"],
                      .descending = arguments["order"] == "newest_first",
                      .demand = ReadDemand(arguments, problems)};
  const tools::Instant now = std::chrono::system_clock::now();
  request.window = tools::ParseWindow(arguments, now, tools::Bucket::kMinute, 0, problems.List());
  request.filters = arguments.value("filters", Json::array());
  if (arguments.contains("columns")) request.columns = arguments["columns"].get<std::vector<std::string>>();
  return request;
}

tools::Answer MakeReadAnswer(const ReadRequest& request, const ReadOutcome& outcome) {
  Json columns = Json::array();
  for (const auto& column : outcome.columns) columns.push_back({{"name", column.name}, {"type", column.type}});
  tools::ObjectText object;
  object.Add("columns", columns).AddArray("rows", outcome.rows_json);
  object.Add("row_count", outcome.rows).Add("truncated", outcome.truncated).Add("from_buffer", outcome.from_buffer);
  object.Add("freshness", ToJson(outcome.freshness));
  if (!outcome.notes.empty()) object.Add("notes", outcome.notes);
  return {Summary(request, outcome), object.Take(), outcome.rows, freshness::HeadersOf(outcome.freshness)};
}

}  // namespace chimera::timestore
