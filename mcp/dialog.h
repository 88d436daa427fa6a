// The requests that a server sends to the client of a session, and the client's answers to them. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/json.h"
#include "base/request_context.h"
#include "base/result.h"
#include "mcp/outlet.h"

namespace chimera::mcp {

class Dialog {
 public:
  /// Sends a request by `outlet` and waits for its result: kTimeout, kCancelled, or kConflict with the client's own
  /// words when it answered with an error.
  Result<Json> Ask(Outlet& outlet, const std::string& method, const Json& params, const RequestContext& context);

  /// A response came. Ids that nobody waits for are ignored.
  void Answered(const Json& id, bool is_error, Json result_or_error);

 private:
  struct Answer {
    bool is_error;
    Json value;
  };
  std::mutex mutex_;
  std::condition_variable_any changed_;
  uint64_t last_id_ = 0;
  std::map<std::string, std::optional<Answer>> asked_;
};

}  // namespace chimera::mcp
