// A client's connection as cpp-httplib reads and writes it, in the clear or over TLS. What was read ahead stays for the
// next request (the library's own stream drops it, and would take the rest of a request for the next one), every wait
// ends, and the peer's leaving is heard of while a request is worked on.
#pragma once

#include <httplib.h>

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/deadline.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX
struct ssl_st;      // OpenSSL's SSL

namespace chimera::http {

/// How long a client may keep a thread waiting.
struct Patience {
  std::chrono::seconds head{10};     ///< for the TLS handshake, and from a request's first byte to its headers' end
  std::chrono::seconds silence{30};  ///< without sending or taking a byte
  size_t least_rate = 0;             ///< bytes a second that a body and an answer must keep, beyond `silence`; 0: any
};

/// Used by one thread at a time; what others may call says so.
class Connection : public httplib::Stream {
 public:
  /// Takes over `socket`, connected. With `tls`, a session of it is begun by Handshake.
  Connection(int socket, const Patience& patience, ssl_ctx_st* tls);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Blocks for `Patience::head` at most. True at once in the clear.
  bool Handshake();
  /// Waits until a request begins; false when none does for as long, the peer has left, or after EndIdle.
  bool AwaitRequest(std::chrono::milliseconds patience);
  /// The headers were read: from here on it is the body's patience.
  void BeginBody();
  /// Takes what still comes until the peer closes, for a second at most: a close before that could destroy, on its way,
  /// an answer to a request that was not read whole.
  void Linger();

  /// Whether the peer has closed its side. Any thread.
  bool PeerLeft() const { return left_; }
  /// `left` is called once, on another thread or at once, when the peer leaves; null: nobody is called, and nobody is
  /// being called any more. Any thread.
  void WhenPeerLeaves(std::function<void()> left);
  /// The peer has left. Any thread.
  void NotePeerLeft();

  /// A connection that waits for a request ends, also one that will. Any thread.
  void EndIdle();
  /// Ends both directions and with them every wait. Any thread.
  void Shut();

  /// This answer was the last one.
  void EndAfterAnswer() { ends_ = true; }
  bool EndsAfterAnswer() const { return ends_; }
  /// Why a request's head could not be read, as an HTTP status: 408 too slow, 431 too long, 0 the peer closed.
  int HeadFault() const;
  /// A request whose body cannot be read: the status to refuse it with.
  std::optional<int> refusal;

  bool is_readable() const override { return begin_ < end_; }
  bool wait_readable() const override;
  bool wait_writable() const override;
  bool is_peer_alive() const override { return !left_; }
  using httplib::Stream::write;
  ssize_t read(char* to, size_t room) override;
  ssize_t write(const char* bytes, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  int socket() const override { return socket_; }
  time_t duration() const override { return 0; }

 private:
  /// One attempt to move bytes.
  struct Step {
    ssize_t bytes = 0;  ///< moved; 0: the peer has closed; below: failed, unless `wants`
    short wants = 0;    ///< poll's event to wait for before trying again
  };
  Step ReadOnce(char* to, size_t room);
  Step WriteOnce(const char* bytes, size_t size);
  Step TlsStep(int result) const;
  ssize_t Receive(char* to, size_t room);
  Deadline ReadDeadline() const;
  bool Await(short events, const Deadline& until) const;

  const int socket_;
  const Patience patience_;
  std::unique_ptr<ssl_st, void (*)(ssl_st*)> tls_;
  std::array<char, 16384> buffer_;  ///< what was read ahead, from begin_ to end_
  size_t begin_ = 0;
  size_t end_ = 0;
  Deadline head_until_;
  bool in_body_ = false;
  Deadline::Clock::time_point body_begun_ = {};
  size_t bytes_ = 0;  ///< received of the head, or of the body
  bool ends_ = false;

  std::mutex idle_mutex_;  ///< guards the two below
  bool idle_ = false;
  bool no_more_ = false;
  std::atomic<bool> left_ = false;
  std::mutex left_mutex_;  ///< guards when_left_, and is held while that runs
  std::function<void()> when_left_;
};

}  // namespace chimera::http
