#include "app/introduction.h"

#include <algorithm>

#include "base/base64.h"
#include "base/text.h"
#include "guide/table_uri.h"

namespace chimera::app {
namespace {

// Columns, and a line that rises through them.
constexpr std::string_view kDrawing =
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 48 48'><rect width='48' height='48' rx='10' fill='#17233c'/>"
    "<path d='M10 36V24h6v12zm11 0V16h6v20zm11 0V20h6v16z' fill='#7f9cf5'/>"
    "<path d='M9 20l13-9 9 4 9-7' fill='none' stroke='#fbd24e' stroke-width='3' stroke-linecap='round'/></svg>";

// "a, b and c", of those that can be called.
std::string Offered(const tools::Registry& tools, std::vector<std::string> names) {
  std::erase_if(names, [&](const auto& name) { return !tools.Has(name); });
  if (names.size() < 2) return Join(names, "");
  const std::string last = std::move(names.back());
  names.pop_back();
  return Join(names, ", ") + " and " + last;
}

bool OffersAny(const tools::Registry& tools, std::string_view family) {
  const auto& all = tools.Definitions();
  return std::any_of(all.begin(), all.end(), [&](const auto& tool) {
    return tool.name.starts_with(family) && tool.name.size() > family.size() &&
           (tool.name[family.size()] == '.' || tool.name[family.size()] == '_');
  });
}

std::string WhereToLook(const tools::Registry& tools) {
  std::string text = "- Look first: ";
  if (tools.Has("list.tables")) text += "list.tables, then ";
  if (tools.Has("describe.table")) text += "describe.table, or ";
  return text + "the resource " + std::string(guide::kTableTemplate) + ". Never guess a column.";
}

std::string WhatToCall(const tools::Registry& tools) {
  std::vector<std::string> parts;
  if (OffersAny(tools, "get")) parts.emplace_back("get.* answer the usual questions");
  const std::string statistics = Offered(tools, {"query.aggregate", "query.trend", "query.correlation"});
  if (!statistics.empty()) parts.push_back(statistics + " compute statistics of any table");
  if (tools.Has("query")) parts.emplace_back("query runs one read-only statement, values bound through `params`");
  return parts.empty() ? "" : "\n- Take the most specific tool: " + Join(parts, "; ") + ".";
}

}  // namespace

std::string Instructions(Backend& backend) {
  const std::string& database = backend.Client().DefaultDatabase();
  const tools::Registry& tools = backend.Tools();
  std::string text =
      "ClickHouse behind typed tools. Default database: " + database + ". Times are UTC.\n" + WhereToLook(tools);
  for (const auto& dataset : backend.Datasets()) {
    if (dataset.database == database) text += " " + guide::DatasetUri(dataset.name) + " explains the data's words.";
  }
  text += WhatToCall(tools);
  text +=
      "\n- Let the database compute: restrict the time, aggregate, and do not fetch rows to add them up. If "
      "`truncated` "
      "is true, the answer is not whole: narrow it.\n"
      "- `summary` and `note` come first for a reason. null is unknown, not zero. 64-bit integers and decimals are "
      "strings.\n"
      "- Errors say what to send instead: repair the call, do not repeat it unchanged. Only busy, timeout, unavailable "
      "and, after their wait, rate_limited and quota_exceeded may be tried again.\n";
  text += OffersAny(tools, "insert") ? "- Only insert.* write. Repeating the same batch stores nothing twice.\n"
                                     : "- Nothing can be written here.\n";
  if (backend.Buffer() != nullptr) {
    text +=
        "- Single events: insert.* with mode buffered, which answers as soon as they are safe. To read what was just "
        "written, pass require_fresh to the read.\n";
  }
  text += "- Report n and the window beside a figure, and what is missing.";
  return backend.Tools().Spelled(std::move(text));
}

mcp::Icon ServerIcon() {
  return {"data:image/svg+xml;base64," + Base64(kDrawing), "image/svg+xml", {"any"}};
}

guide::Guide GuideTo(Backend& backend, const config::Config& config) {
  const guide::Patience patience{.call = config.tools.default_timeout};
  return {backend.Client(),
          backend.Datasets(),
          patience,
          {.spell = [&backend](std::string text) { return backend.Tools().Spelled(std::move(text)); },
           .offers = [&backend](std::string_view tool) { return backend.Tools().Has(tool); }}};
}

}  // namespace chimera::app
