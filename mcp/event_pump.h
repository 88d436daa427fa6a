// Carries the events of one answer to its client, until the stream, the connection or the server ends. Knows no HTTP
// library.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>

#include "base/deadline.h"
#include "mcp/client_link.h"
#include "mcp/event_stream.h"
#include "mcp/http_endpoint.h"

namespace chimera::mcp {

class EventPump {
 public:
  /// Sends bytes; false: the connection ended.
  using Write = std::function<bool(std::string_view)>;
  enum class Next { kMore, kDone, kBroken };

  /// Counts itself in `pumps`, which must outlive it, as must `endpoint`.
  EventPump(HttpEndpoint& endpoint, HttpAnswer answer, std::shared_ptr<ClientLink> client, std::atomic<int>& pumps);
  /// The connection ended, or the stream.
  ~EventPump();
  EventPump(const EventPump&) = delete;
  EventPump& operator=(const EventPump&) = delete;

  /// Sends one event, or looks around. Blocks for a second at most, besides `write`.
  Next Step(const Write& write);

 private:
  bool WaitsForReply() const;
  Next Send(const Write& write, std::string_view text);
  void Close();

  std::atomic<int>& pumps_;
  HttpEndpoint& endpoint_;
  const HttpAnswer answer_;
  const std::shared_ptr<ClientLink> client_;
  EventStream::Reader reader_;
  Deadline heartbeat_;
};

}  // namespace chimera::mcp
