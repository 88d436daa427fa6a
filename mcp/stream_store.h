// The numbered event streams of one HTTP session: those of requests that are being answered, those that a client can
// still come back for, and the standing one for what belongs to no request. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "mcp/event_stream.h"

namespace chimera::mcp {

class StreamStore {
 public:
  /// A new stream for the answer to one request, not kept yet.
  static std::shared_ptr<EventStream> NewStream();
  /// Keeps `stream` for clients that come back. The longest finished ones are forgotten above 32.
  void Keep(std::shared_ptr<EventStream> stream);
  /// The one that carries what belongs to no request.
  std::shared_ptr<EventStream> Standing();
  /// The stream and number of a Last-Event-ID; nullptr when it was never sent here or is forgotten.
  std::pair<std::shared_ptr<EventStream>, uint64_t> Find(std::string_view event_id) const;
  /// Ends all readers.
  void FinishAll();

 private:
  mutable std::mutex mutex_;
  std::list<std::shared_ptr<EventStream>> streams_;  ///< the oldest first
  std::shared_ptr<EventStream> standing_;
};

}  // namespace chimera::mcp
