// Bytes on a connection to the listener: heads, bodies, chunks and what follows them, through cpp-httplib on
// connections of our own. Each input is a connection to a Unix socket that sends it and closes its side.
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "http/listener.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace chimera;

constexpr size_t kMaxBody = 1u << 16;

void Echo(const httplib::Request& request, httplib::Response& response) {
  fuzz::Require(request.body.size() <= kMaxBody, "a body keeps to its limit");
  response.set_content(request.body, "text/plain");
}

class Served {
 public:
  Served() : path_("/tmp/connection_fuzz." + std::to_string(::getpid())) {
    http::ListenerOptions options;
    options.keep_alive = std::chrono::seconds(1);
    options.patience = {.head = std::chrono::seconds(1), .silence = std::chrono::seconds(1)};
    options.max_body_bytes = kMaxBody;
    listener_ = *http::Listener::Create(options);
    listener_->OnRequest([](httplib::Request&) {},
                         [](const httplib::Request& request, httplib::Response& response) {
                           if (request.path != "/refused") return httplib::Server::HandlerResponse::Unhandled;
                           response.status = 403;
                           return httplib::Server::HandlerResponse::Handled;
                         });
    listener_->Post(".*", Echo);
    listener_->Get(".*", Echo);
    listener_->set_address_family(AF_UNIX);
    fuzz::Require(listener_->bind_to_port(path_, 80), "the socket can be bound");
    thread_ = std::thread([this] { listener_->listen_after_bind(); });
    listener_->wait_until_ready();
  }
  ~Served() {
    listener_->Stop();
    thread_.join();
    ::unlink(path_.c_str());
  }

  int Connect() const {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fuzz::Require(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "somebody listens");
    return fd;
  }

 private:
  const std::string path_;
  std::unique_ptr<http::Listener> listener_;
  std::thread thread_;
};

std::string Answered(int fd) {
  std::string all;
  char piece[4096];
  for (ssize_t size = 0; (size = ::recv(fd, piece, sizeof piece, 0)) > 0;) all.append(piece, size);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Served served;
  if (size > kMaxBody) return 0;  // less than the socket holds: sending never waits
  const int fd = served.Connect();
  (void)!::send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(fd, SHUT_WR);
  const std::string answer = Answered(fd);
  ::close(fd);
  fuzz::Require(answer.empty() || answer.starts_with("HTTP/1.1 "), "what comes back is HTTP", answer);
  return 0;
}
