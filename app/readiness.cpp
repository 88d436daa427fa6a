#include "app/readiness.h"

#include "schema/migrator.h"

namespace chimera::app {
namespace {

constexpr std::chrono::seconds kLookTime{2};
constexpr std::chrono::seconds kFresh{1};

mcp::HttpPage JsonPage(int status, const Json& body) {
  return {status, "application/json", ToText(body) + "\n"};
}

mcp::HttpPage NotReady(const Error& error) {
  Json body = {{"ready", false}, {"code", Name(error.code)}, {"message", error.message}};
  if (!error.hint.empty()) body["hint"] = error.hint;
  return JsonPage(503, body);
}

// A database that hangs fails a look in one of several ways. Who watches should see one thing, and no advice to a
// caller who could read less.
Error WithoutAnswer() {
  return MakeError(ErrorCode::kUnavailable,
                   "the database did not answer within " + std::to_string(kLookTime.count()) + " seconds",
                   "look whether it hangs or is overloaded; this server is ready again once it answers");
}

Error Pending(const schema::Dataset& dataset, const schema::MigrationState& state) {
  return MakeError(ErrorCode::kConflict,
                   "database " + dataset.database + ": migration " + std::to_string(state.version) + " (" + state.name +
                       ") is not applied",
                   "run chimera-mcp schema apply");
}

}  // namespace

mcp::HttpPage Readiness::Page() {
  if (auto fresh = Known(true)) return *std::move(fresh);
  std::unique_lock looking(looking_, std::try_to_lock);
  if (!looking) {
    if (auto previous = Known(false)) return *std::move(previous);
    looking.lock();
  }
  if (auto fresh = Known(true)) return *std::move(fresh);  // somebody looked while this one waited
  mcp::HttpPage answer = Look();
  const std::lock_guard lock(mutex_);
  answer_ = answer;
  fresh_until_ = Deadline::After(kFresh);
  return answer;
}

std::optional<mcp::HttpPage> Readiness::Known(bool fresh_only) {
  const std::lock_guard lock(mutex_);
  return fresh_only && fresh_until_.Expired() ? std::nullopt : answer_;
}

mcp::HttpPage Readiness::Look() const {
  const RequestContext context = RequestContext::For("readyz", kLookTime, stop_);
  for (const auto& dataset : datasets_) {
    const auto states = schema::MigrationStatus(context, client_, dataset);
    if (!states.ok()) {
      return NotReady(states.error().code == ErrorCode::kTimeout ? WithoutAnswer() : states.error());
    }
    for (const auto& state : *states) {
      if (!state.applied) return NotReady(Pending(dataset, state));
    }
  }
  return JsonPage(200, {{"ready", true}});
}

}  // namespace chimera::app
