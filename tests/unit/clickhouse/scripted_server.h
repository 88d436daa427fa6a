// A server that says exactly what a test wants, byte by byte: on any free port of the loopback or on a Unix socket.
// Each connection has a thread that reads one request after another and lets the script answer.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace chimera::testing {

/// One request as it came over the wire.
struct WireRequest {
  std::string head;  ///< request line and headers
  std::string body;

  /// The decoded value of a URL parameter, or "" when it is missing.
  std::string Parameter(std::string_view name) const;
  bool Has(std::string_view parameter) const;
};

/// The server's end of a connection, for a script.
class Peer {
 public:
  Peer(int fd, const std::atomic<bool>& stopping) : fd_(fd), stopping_(stopping) {}

  /// False when the other side is gone.
  bool Send(std::string_view bytes);
  /// Sends the bytes one by one, `pause` between them.
  bool Drip(std::string_view bytes, std::chrono::milliseconds pause);
  /// Waits until the other side closes or `most` passes; true when it closed.
  bool WaitForClose(std::chrono::milliseconds most);

 private:
  int fd_;
  const std::atomic<bool>& stopping_;
};

class ScriptedServer {
 public:
  /// Answers one request. False closes the connection, true waits for the next request on it.
  using Script = std::function<bool(const WireRequest&, Peer&)>;

  /// Listens on the Unix socket `path`, or on a TCP port when it is empty: on `port`, such as that of a server that is
  /// gone, or a free one. KILL statements are answered with an empty
  /// 200 by the server itself and recorded apart.
  explicit ScriptedServer(Script script, const std::string& path = {}, int backlog = 64, int port = 0);
  ~ScriptedServer();

  int Port() const { return port_; }
  size_t Connections() const { return connections_; }
  std::vector<WireRequest> Requests() const;  ///< without the kills
  std::vector<std::string> Kills() const;
  std::vector<WireRequest> KillRequests() const;  ///< with their heads

 private:
  void Accept();
  void Serve(int fd);
  bool Answer(const WireRequest& request, Peer& peer);

  Script script_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> connections_{0};
  mutable std::mutex mutex_;
  std::vector<WireRequest> requests_;
  std::vector<WireRequest> kills_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

/// "HTTP/1.1 200 OK" with a Content-Length; `headers` are whole lines with their "\r\n".
std::string Reply(std::string_view body, int status = 200, std::string_view headers = {});
/// The head of a chunked 200, one chunk, and the end of all chunks.
std::string ChunkedHead(std::string_view headers = {});
std::string Chunk(std::string_view bytes);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace chimera::testing
