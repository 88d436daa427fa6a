#include "app/introduction.h"

#include "base/base64.h"
#include "guide/table_uri.h"

namespace chimera::app {
namespace {

// Columns, and a line that rises through them.
constexpr std::string_view kDrawing =
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 48 48'><rect width='48' height='48' rx='10' fill='#17233c'/>"
    "<path d='M10 36V24h6v12zm11 0V16h6v20zm11 0V20h6v16z' fill='#7f9cf5'/>"
    "<path d='M9 20l13-9 9 4 9-7' fill='none' stroke='#fbd24e' stroke-width='3' stroke-linecap='round'/></svg>";

}  // namespace

std::string Instructions(Backend& backend) {
  const std::string& database = backend.Client().DefaultDatabase();
  std::string text = "ClickHouse behind typed tools. Default database: " + database +
                     ". Times are UTC.\n"
                     "- Look first: list.tables, then describe.table, or the resource " +
                     std::string(guide::kTableTemplate) + ". Never guess a column.";
  for (const auto& dataset : backend.Datasets()) {
    if (dataset.database == database) text += " " + guide::DatasetUri(dataset.name) + " explains the data's words.";
  }
  text +=
      "\n- Take the most specific tool: get.* answer the usual questions; query.aggregate, query.trend and "
      "query.correlation compute statistics of any table; query runs one read-only statement, values bound through "
      "`params`.\n"
      "- Let the database compute: restrict the time, aggregate, and do not fetch rows to add them up. If `truncated` "
      "is "
      "true, the answer is not whole: narrow it.\n"
      "- `summary` and `note` come first for a reason. null is unknown, not zero. 64-bit integers and decimals are "
      "strings.\n"
      "- Errors say what to send instead: repair the call, do not repeat it unchanged. Only busy, timeout and "
      "unavailable may be tried again.\n"
      "- Only insert.* write. Repeating the same batch stores nothing twice.\n"
      "- Report n and the window beside a figure, and what is missing.";
  return backend.Tools().Spelled(std::move(text));
}

mcp::Icon ServerIcon() {
  return {"data:image/svg+xml;base64," + Base64(kDrawing), "image/svg+xml", {"any"}};
}

guide::Guide GuideTo(Backend& backend, const config::Config& config) {
  const guide::Patience patience{.call = config.tools.default_timeout};
  return {backend.Client(), backend.Datasets(), patience,
          [&backend](std::string text) { return backend.Tools().Spelled(std::move(text)); }};
}

}  // namespace chimera::app
