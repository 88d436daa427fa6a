// A UDP or Unix datagram socket that sends to one address and never waits for the receiver.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace chimera::metrics {

class DatagramSocket {
 public:
  /// Nothing when the name does not resolve or the path has no listener. Resolving a name blocks.
  static std::optional<DatagramSocket> ToHost(const std::string& host, int port);
  static std::optional<DatagramSocket> ToPath(const std::string& path);
  DatagramSocket(DatagramSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  DatagramSocket& operator=(DatagramSocket&& other) noexcept;
  ~DatagramSocket();

  /// False when the socket is of no use any more. A datagram that the receiver has no room for is lost.
  bool Send(std::string_view datagram) const;

 private:
  explicit DatagramSocket(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace chimera::metrics
