// A stream of server-sent events between those who send messages and the connection that carries them. It can outlive
// its connections: a numbered stream keeps its last events, so that a client that comes back continues behind the last
// event that it saw (2025-11-25, basic/transports, "Resumability and Redelivery"). Knows no HTTP. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "mcp/outlet.h"

namespace chimera::mcp {

class EventStream : public Outlet {
 public:
  /// Events of a named stream carry the ids "<name>-<number>" and the first one is empty, so that a client can resume
  /// before anything else has come. Without a name events carry no ids and nothing is kept.
  explicit EventStream(std::string name = {});

  const std::string& Name() const { return name_; }

  void Send(std::string message) override;
  /// An event of another type than "message".
  void SendEvent(std::string type, std::string data);
  void Disconnect() override;
  void Close() override { Finish(); }
  /// No more messages: readers end behind the last one. `last` is sent before, unless the stream was never used: then
  /// it is what Unused returns.
  void Finish(std::string last = {});
  bool Finished() const;
  /// The number of the newest event.
  uint64_t Last() const;
  /// Readers that wait look around: Next returns kQuiet.
  void Wake();

  /// Waits until the stream is used (something was sent, or a disconnect was asked for) or finished. The `last` message
  /// of a stream that was finished without having been used, nothing for one that is in use.
  std::optional<std::string> Unused();

  /// One connection reading the stream. A newer reader ends those before it.
  class Reader {
   public:
    /// Behind event number `after`; 0: from the start of what is kept. `stream` must outlive the reader.
    explicit Reader(EventStream& stream, uint64_t after = 0);
    enum class State { kEvent, kQuiet, kEnd };
    /// The text of the next event in SSE framing. kQuiet when none came within `wait`, or the stream was woken.
    State Next(std::string& text, std::chrono::milliseconds wait);

   private:
    EventStream& stream_;
    const uint64_t generation_;
    uint64_t position_;
    uint64_t wakes_ = 0;
  };

 private:
  struct Event {
    uint64_t number;
    std::string text;
  };
  void Append(std::string type, std::string data);
  void Trim();

  const std::string name_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Event> events_;
  size_t bytes_ = 0;
  uint64_t last_ = 0;
  uint64_t generation_ = 0;    ///< of the newest reader
  uint64_t disconnected_ = 0;  ///< readers up to this generation end
  uint64_t wakes_ = 0;
  bool used_ = false;
  std::string last_message_;
  bool finished_ = false;
};

}  // namespace chimera::mcp
