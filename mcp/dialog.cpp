#include "mcp/dialog.h"

#include <utility>

#include "mcp/message.h"

namespace chimera::mcp {

Result<Json> Dialog::Ask(Outlet& outlet, const std::string& method, const Json& params, const RequestContext& context) {
  std::unique_lock lock(mutex_);
  const std::string id = "server-" + std::to_string(++last_id_);
  asked_[id] = std::nullopt;
  lock.unlock();
  outlet.Send(RequestText(id, method, params));
  lock.lock();
  const auto until = Deadline::Clock::now() + context.deadline.Remaining();
  changed_.wait_until(lock, context.stop, until, [&] { return asked_[id].has_value(); });
  const std::optional<Answer> answer = std::move(asked_[id]);
  asked_.erase(id);
  if (!answer && context.Cancelled()) return MakeError(ErrorCode::kCancelled, "the request was cancelled");
  if (!answer) return MakeError(ErrorCode::kTimeout, "the client did not answer " + method + " in time");
  if (!answer->is_error) return answer->value;
  return MakeError(ErrorCode::kConflict, "the client refused " + method + ": " + Excerpt(answer->value, 300));
}

void Dialog::Answered(const Json& id, bool is_error, Json result_or_error) {
  if (!id.is_string()) return;
  {
    const std::lock_guard lock(mutex_);
    const auto found = asked_.find(id.get<std::string>());
    if (found == asked_.end()) return;
    found->second = Answer{is_error, std::move(result_or_error)};
  }
  changed_.notify_all();
}

}  // namespace chimera::mcp
