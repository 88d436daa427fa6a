#include "tests/unit/ingest/cutting_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>

namespace chimera::ingest {
namespace {

constexpr int kLook = 20;  // ms between two looks whether it ends

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

int Listen(const std::string& path) {
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un address = AddressOf(path);
  bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  listen(listener, 64);
  return listener;
}

bool Forward(int from, int to) {
  std::array<char, 65536> bytes;
  const ssize_t size = read(from, bytes.data(), bytes.size());
  for (ssize_t sent = 0; size > 0 && sent < size;) {
    const ssize_t more = send(to, bytes.data() + sent, static_cast<size_t>(size - sent), MSG_NOSIGNAL);
    if (more <= 0) return false;
    sent += more;
  }
  return size > 0;
}

}  // namespace

CuttingProxy::CuttingProxy(std::string own, std::string server)
    : own_(std::move(own)), server_(std::move(server)), listener_(Listen(own_)), accepting_([this] { Accept(); }) {}

CuttingProxy::~CuttingProxy() {
  stopping_ = true;
  accepting_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

void CuttingProxy::Accept() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, kLook) <= 0) continue;
    const int client = accept(listener_, nullptr, nullptr);
    const std::lock_guard lock(mutex_);
    threads_.emplace_back([this, client] { Pass(client); });
  }
}

void CuttingProxy::Pass(int client) {
  const int server = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un address = AddressOf(server_);
  bool open = connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  while (open && !stopping_) {
    pollfd waiting[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
    if (poll(waiting, 2, kLook) <= 0) continue;
    if (waiting[0].revents != 0) open = Forward(client, server);
    if (open && waiting[1].revents != 0) open = !Swallow() && Forward(server, client);
  }
  close(server);
  close(client);
}

bool CuttingProxy::Swallow() {
  if (swallow_ <= 0 || pass_-- > 0) return false;
  --swallow_;
  ++swallowed_;
  return true;
}

}  // namespace chimera::ingest
