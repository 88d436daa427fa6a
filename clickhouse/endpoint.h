// Where a ClickHouse is, and how it is reached.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "clickhouse/tls.h"

namespace chimera::clickhouse {

class Dialer;
/// noexcept: GCC 12 warns of its own clean-up of a half-made Endpoint otherwise; only memory can run out.
std::shared_ptr<Dialer> MakeDialer() noexcept;

struct Endpoint {
  std::string unix_socket;  ///< path; when set, host, port and secure are ignored
  std::string host;
  int port = 0;
  bool secure = false;  ///< TLS; certificate and host name are verified
  TlsOptions tls = {};
  std::string path_prefix = {};  ///< goes before every target, such as "/clickhouse"
  std::chrono::milliseconds connect_timeout{5000};
  /// A peer whose network acknowledges nothing for as long is lost: what waits for it fails as broken off.
  std::chrono::milliseconds lost_after{5000};
  /// What connections to one place share: the loaded certificates, TLS sessions to resume, a name being looked up.
  /// Copies of an endpoint share it.
  std::shared_ptr<Dialer> dialer = MakeDialer();

  std::string Name() const;        ///< "host:port" or the socket's path, for messages
  std::string ServerName() const;  ///< who the server must prove to be: `tls.server_name`, else the host
};

}  // namespace chimera::clickhouse
