#include "clickhouse/socket_bio.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace chimera::clickhouse {
namespace {

constexpr size_t kFirstBytes = 16;

/// What OpenSSL expects of a read or write that moved `count` bytes, or failed.
int Report(BIO* bio, SocketTraffic& traffic, ssize_t count, int retry) {
  BIO_clear_retry_flags(bio);
  bool later = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  if (later) BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
  traffic.last_errno = count < 0 && !later ? errno : 0;
  return static_cast<int>(count);
}

int Read(BIO* bio, char* to, int room) {
  auto& traffic = *static_cast<SocketTraffic*>(BIO_get_data(bio));
  ssize_t count = recv(traffic.socket, to, static_cast<size_t>(room), 0);
  if (count > 0 && traffic.first_in.size() < kFirstBytes) {
    traffic.first_in.append(to, std::min(static_cast<size_t>(count), kFirstBytes - traffic.first_in.size()));
  }
  if (count == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  return Report(bio, traffic, count, BIO_FLAGS_READ);
}

int Write(BIO* bio, const char* from, int size) {
  auto& traffic = *static_cast<SocketTraffic*>(BIO_get_data(bio));
  ssize_t count = send(traffic.socket, from, static_cast<size_t>(size), MSG_NOSIGNAL);
  if (count > 0) traffic.bytes_out += static_cast<uint64_t>(count);
  return Report(bio, traffic, count, BIO_FLAGS_WRITE);
}

long Control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* MakeMethod() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "chimera socket");
  BIO_meth_set_read(method, Read);
  BIO_meth_set_write(method, Write);
  BIO_meth_set_ctrl(method, Control);
  return method;
}

}  // namespace

BIO* NewSocketBio(SocketTraffic& traffic) {
  static const BIO_METHOD* const method = MakeMethod();
  BIO* bio = BIO_new(method);
  BIO_set_data(bio, &traffic);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace chimera::clickhouse
