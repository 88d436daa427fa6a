// Reads one HTTP/1.1 reply (RFC 9112) from the bytes of a connection, however they are cut, and hands it to a receiver.
// Pure: knows nothing of sockets and time. Stricter than a browser: what is not well-formed is refused.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "clickhouse/exchange.h"
#include "clickhouse/gzip.h"

namespace chimera::clickhouse {

class HttpReply {
 public:
  enum class State {
    kHead,       ///< the head is not whole yet
    kBody,       ///< the body is not whole yet
    kComplete,   ///< all of it was read
    kMalformed,  ///< this is not HTTP, or its body is damaged
  };

  /// The receiver must outlive the reply.
  explicit HttpReply(Receiver& receiver) : receiver_(receiver) {}

  /// Takes the next bytes of the connection.
  State Feed(std::string_view bytes);
  /// The peer closed: completes a body of unknown length, and leaves everything else as it is.
  State End();

  State Now() const { return state_; }
  int Status() const { return head_.status; }
  /// True once the receiver had enough; it is not called again.
  bool HadEnough() const { return had_enough_; }
  /// True when the connection may carry another request after a complete reply.
  bool KeepsAlive() const { return keeps_alive_ && surplus_ == 0; }
  /// How long the peer said that it keeps an idle connection, when it did.
  std::optional<std::chrono::seconds> IdleLimit() const;
  /// How the peer began to speak: at most a few KiB, all of the head while that is not whole.
  std::string_view Opening() const { return text_; }

 private:
  enum class Part { kHead, kToClose, kLength, kChunkSize, kChunk, kChunkEnd, kTrailer };

  size_t Take(std::string_view bytes);
  size_t TakeHead(std::string_view bytes);
  size_t TakeData(std::string_view bytes);
  /// Reads up to the next line's end; true when `line_` holds a whole line, without its end.
  bool TakeLine(std::string_view bytes, size_t& taken);
  void OnChunkSize();
  bool ParseHead();
  bool ParseHeaders(std::string_view lines);
  bool ChooseFraming();
  void BeginBody(Part part);
  void Complete();
  void Refuse() { state_ = State::kMalformed; }
  bool Deliver(std::string_view bytes);

  Receiver& receiver_;
  State state_ = State::kHead;
  Part part_ = Part::kHead;
  std::string text_;    ///< the head
  std::string line_;    ///< of the chunked coding
  uint64_t left_ = 0;   ///< bytes of the body or chunk to come
  size_t trailer_ = 0;  ///< bytes of trailers so far
  size_t surplus_ = 0;  ///< bytes behind the reply
  ReplyHead head_;
  bool keeps_alive_ = false;
  bool is_gzip_ = false;
  bool had_enough_ = false;
  Inflater inflater_;
};

}  // namespace chimera::clickhouse
