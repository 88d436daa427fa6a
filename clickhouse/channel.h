// A connected stream of bytes to a peer, in the clear or over TLS. Blocks only as long as the request's patience lasts.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "clickhouse/descriptor.h"
#include "clickhouse/patience.h"
#include "clickhouse/tls_session.h"

namespace chimera::clickhouse {

class Channel {
 public:
  /// In the clear, over a connected, non-blocking socket. One thread at a time.
  explicit Channel(Descriptor socket) : socket_(std::move(socket)) {}

  /// From now on, a peer of TCP whose network acknowledges nothing for `time` counts as gone: reads and writes fail.
  void LoseAfter(std::chrono::milliseconds time);

  /// Goes over to TLS. Nothing when the handshake succeeded, else why not: kTlsTimeout when `until` passed.
  /// `server_name` and `peer` as for TlsSession. Blocks.
  std::optional<Exchange> Secure(std::shared_ptr<TlsContext> context, const std::string& server_name, std::string peer,
                                 const Patience& patience, Deadline until);

  /// At least one byte into `to`; 0 when the peer has closed; nothing when it failed or had to end, see `Stopped`; when
  /// `until` passed, that is kCut. Blocks.
  std::optional<size_t> Read(char* to, size_t room, const Patience& patience, Deadline until = {});
  /// All of `bytes`; false when it failed or had to end, see `Stopped`. Blocks.
  bool Write(std::string_view bytes, const Patience& patience);
  const Exchange& Stopped() const { return stopped_; }

  /// How many bytes went out, encrypted ones where there is TLS.
  uint64_t BytesOut() const { return tls_ ? tls_->BytesOut() : bytes_out_; }
  /// True while the peer has neither closed nor said anything. One system call.
  bool IsQuiet() const;
  /// Null in the clear.
  const TlsSession* Tls() const { return tls_.get(); }

 private:
  Step ReadOnce(char* to, size_t room);
  Step WriteOnce(std::string_view bytes);
  bool Await(const Step& step, const Patience& patience, Deadline until);

  Descriptor socket_;
  std::unique_ptr<TlsSession> tls_;
  uint64_t bytes_out_ = 0;
  Exchange stopped_;
};

}  // namespace chimera::clickhouse
