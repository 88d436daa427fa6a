#include "mcp/event_pump.h"

#include <string>
#include <utility>

namespace chimera::mcp {
namespace {

// A server that ends is heard of within the first; proxies drop connections that are silent for longer than about 30 s.
constexpr std::chrono::seconds kLookAround{1};
constexpr std::chrono::seconds kHeartbeat{15};

}  // namespace

EventPump::EventPump(HttpEndpoint& endpoint, HttpAnswer answer, std::shared_ptr<ClientLink> client,
                     std::atomic<int>& pumps)
    : pumps_(pumps),
      endpoint_(endpoint),
      answer_(std::move(answer)),
      client_(std::move(client)),
      reader_(*answer_.stream, answer_.after),
      heartbeat_(Deadline::After(kHeartbeat)) {
  ++pumps_;
}

EventPump::~EventPump() {
  client_->Cut();
  endpoint_.ClientLeft(answer_);
  --pumps_;
}

EventPump::Next EventPump::Step(const Write& write) {
  std::string text;
  const auto state = reader_.Next(text, kLookAround);
  if (state == EventStream::Reader::State::kEvent) return Send(write, text);
  if (state == EventStream::Reader::State::kEnd) return Next::kDone;
  if (client_->Gone()) return Next::kBroken;
  if (endpoint_.Closing() && !WaitsForReply()) {
    Close();
    return Next::kMore;
  }
  if (!heartbeat_.Expired()) return Next::kMore;
  endpoint_.StillThere(answer_);
  return Send(write, ": still here\n\n");
}

/// True while a request's reply is still to come.
bool EventPump::WaitsForReply() const {
  return answer_.awaits_reply && !answer_.session->HasOpen();
}

EventPump::Next EventPump::Send(const Write& write, std::string_view text) {
  heartbeat_ = Deadline::After(kHeartbeat);
  return write(text) ? Next::kMore : Next::kBroken;
}

void EventPump::Close() {
  for (std::string& farewell : answer_.session->CloseOpen()) answer_.stream->Send(std::move(farewell));
  answer_.stream->Finish();
}

}  // namespace chimera::mcp
