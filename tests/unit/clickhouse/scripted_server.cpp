#include "unit/clickhouse/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace chimera::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto kTick = 10ms;

int Hex(char c) {
  return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

std::string Decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(Hex(text[i + 1]) * 16 + Hex(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

/// "&name=value&…" of a request line, so that every parameter starts with '&'.
std::string QueryOf(const std::string& head) {
  auto mark = head.find('?');
  auto end = head.find(" HTTP/");
  return mark < end ? "&" + head.substr(mark + 1, end - mark - 1) : "";
}

int ListenOnTcp(int backlog, int& port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, backlog) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("cannot listen on the loopback");
  }
  port = ntohs(address.sin_port);
  return fd;
}

int ListenOnUnix(const std::string& path, int backlog) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 || listen(fd, backlog) != 0) {
    throw std::runtime_error("cannot listen on " + path);
  }
  return fd;
}

bool Readable(int fd, std::chrono::milliseconds wait) {
  pollfd waiting{fd, POLLIN, 0};
  return poll(&waiting, 1, static_cast<int>(wait.count())) > 0;
}

/// Appends what there is; false when the other side is gone or the server stops.
bool ReadMore(int fd, std::string& buffer, const std::atomic<bool>& stopping) {
  while (!stopping && !Readable(fd, kTick)) {
  }
  char bytes[65536];
  ssize_t count = stopping ? 0 : recv(fd, bytes, sizeof(bytes), 0);
  if (count <= 0) return false;
  buffer.append(bytes, static_cast<size_t>(count));
  return true;
}

}  // namespace

std::string WireRequest::Parameter(std::string_view name) const {
  std::string query = QueryOf(head);
  std::string start = "&" + std::string(name) + "=";
  auto at = query.find(start);
  if (at == std::string::npos) return {};
  at += start.size();
  return Decode(query.substr(at, query.find('&', at) - at));
}

bool WireRequest::Has(std::string_view parameter) const {
  return QueryOf(head).find("&" + std::string(parameter) + "=") != std::string::npos;
}

bool Peer::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t count = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool Peer::Drip(std::string_view bytes, std::chrono::milliseconds pause) {
  for (char c : bytes) {
    if (stopping_ || !Send({&c, 1})) return false;
    if (pause.count() > 0) std::this_thread::sleep_for(pause);
  }
  return true;
}

bool Peer::WaitForClose(std::chrono::milliseconds most) {
  auto end = std::chrono::steady_clock::now() + most;
  while (!stopping_ && std::chrono::steady_clock::now() < end) {
    pollfd waiting{fd_, POLLRDHUP, 0};
    if (poll(&waiting, 1, static_cast<int>(kTick.count())) > 0) return true;
  }
  return false;
}

ScriptedServer::ScriptedServer(Script script, const std::string& path, int backlog, int port)
    : script_(std::move(script)), port_(port) {
  listener_ = path.empty() ? ListenOnTcp(backlog, port_) : ListenOnUnix(path, backlog);
  acceptor_ = std::thread([this] { Accept(); });
}

ScriptedServer::~ScriptedServer() {
  stopping_ = true;
  acceptor_.join();
  for (auto& thread : threads_) thread.join();
  close(listener_);
}

void ScriptedServer::Accept() {
  while (!stopping_) {
    if (!Readable(listener_, kTick)) continue;
    int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) continue;
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    ++connections_;
    threads_.emplace_back([this, fd] { Serve(fd); });
  }
}

void ScriptedServer::Serve(int fd) {
  Peer peer(fd, stopping_);
  std::string buffer;
  for (bool open = true; open;) {
    size_t end = 0;
    while ((end = buffer.find("\r\n\r\n")) == std::string::npos && (open = ReadMore(fd, buffer, stopping_))) {
    }
    if (!open) break;
    WireRequest request{buffer.substr(0, end + 2), ""};
    size_t length = 0;
    auto at = request.head.find("Content-Length: ");
    if (at != std::string::npos) length = std::stoul(request.head.substr(at + strlen("Content-Length: ")));
    while (buffer.size() < end + 4 + length && (open = ReadMore(fd, buffer, stopping_))) {
    }
    request.body = buffer.substr(end + 4, length);
    buffer.erase(0, std::min(buffer.size(), end + 4 + length));
    open = open && Answer(request, peer);
  }
  close(fd);
}

bool ScriptedServer::Answer(const WireRequest& request, Peer& peer) {
  bool is_kill = request.body.rfind("KILL ", 0) == 0;
  {
    std::lock_guard lock(mutex_);
    if (is_kill) {
      kills_.push_back(request);
    } else {
      requests_.push_back(request);
    }
  }
  return is_kill ? peer.Send(Reply("")) : script_(request, peer);
}

std::vector<WireRequest> ScriptedServer::Requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

std::vector<std::string> ScriptedServer::Kills() const {
  std::vector<std::string> bodies;
  for (const auto& kill : KillRequests()) bodies.push_back(kill.body);
  return bodies;
}

std::vector<WireRequest> ScriptedServer::KillRequests() const {
  std::lock_guard lock(mutex_);
  return kills_;
}

std::string Reply(std::string_view body, int status, std::string_view headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

std::string ChunkedHead(std::string_view headers) {
  return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" + std::string(headers) + "\r\n";
}

std::string Chunk(std::string_view bytes) {
  char size[32];
  snprintf(size, sizeof(size), "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

}  // namespace chimera::testing
