#include "http/peer_watch.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <utility>
#include <vector>

namespace chimera::http {
namespace {

void AddTo(int epoll, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

PeerWatch::PeerWatch() : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC)) {
  AddTo(epoll_, wake_, EPOLLIN);
  thread_ = std::thread([this] { Run(); });
}

PeerWatch::~PeerWatch() {
  eventfd_write(wake_, 1);
  thread_.join();
  close(epoll_);
  close(wake_);
}

void PeerWatch::Add(std::shared_ptr<Connection> connection) {
  const int socket = connection->socket();
  {
    const std::lock_guard lock(mutex_);
    connections_[socket] = std::move(connection);
  }
  AddTo(epoll_, socket, EPOLLRDHUP | EPOLLET);
}

void PeerWatch::Remove(const Connection& connection) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, connection.socket(), nullptr);
  const std::lock_guard lock(mutex_);
  connections_.erase(connection.socket());
}

void PeerWatch::ForEach(const std::function<void(Connection&)>& visit) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [socket, connection] : connections_) visit(*connection);
}

void PeerWatch::Run() {
  std::array<epoll_event, 64> events;
  while (true) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    std::vector<std::shared_ptr<Connection>> left;
    for (int i = 0; i < count; ++i) {
      if (events[static_cast<size_t>(i)].data.fd == wake_) return;
      const std::lock_guard lock(mutex_);
      const auto found = connections_.find(events[static_cast<size_t>(i)].data.fd);
      if (found != connections_.end()) left.push_back(found->second);
    }
    for (const auto& connection : left) connection->NotePeerLeft();
  }
}

}  // namespace chimera::http
