// Pages of lists: a cursor names the last entry of the page before it, so that it stays right when a list changes.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/base64.h"
#include "base/json.h"
#include "mcp/method.h"

namespace chimera::mcp {

/// One page of `all` as `{<member>: […], nextCursor?}`, made of `entry` of each; -32602 for a cursor that was never
/// handed out. `key` names an entry uniquely; clients may keep the page for
/// `lifetime`.
template <typename T>
Outcome Page(const Call& call, const char* member, const std::vector<T>& all,
             const std::function<std::string(const T&)>& key, const std::function<Json(const T&)>& entry,
             std::chrono::milliseconds lifetime = kLasting) {
  size_t start = 0;
  if (const auto cursor = call.Params().find("cursor"); cursor != call.Params().end() && *cursor != "") {
    const auto last = cursor->is_string() ? FromBase64(cursor->template get<std::string>()) : std::nullopt;
    const auto found = std::find_if(all.begin(), all.end(), [&](const T& one) { return last && key(one) == *last; });
    if (found == all.end()) {
      return InvalidParams("cursor " + Excerpt(*cursor, 80) + " is not one that " + call.message.method +
                           " returned here");
    }
    start = static_cast<size_t>(found - all.begin()) + 1;
  }
  const size_t end = std::min(all.size(), start + call.core.options.list_page);
  Json entries = Json::array();
  for (size_t i = start; i < end; ++i) entries.push_back(entry(all[i]));
  Json result = {{member, std::move(entries)}};
  if (end < all.size()) result["nextCursor"] = Base64(key(all[end - 1]));
  return Cacheable(call, std::move(result), lifetime);
}

}  // namespace chimera::mcp
