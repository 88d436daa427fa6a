// Debian's clickhouse-server as a process of the test: free ports, a configuration, users and data in a folder of its
// own, removed again.
#pragma once

#include <sys/types.h>

#include <string>

#include "wire/certificates.h"

namespace chimera::testing {

class ClickHouseServer {
 public:
  /// False where no clickhouse-server is installed.
  static bool IsInstalled();

  /// Starts it and waits until it answers; throws when it does not. Users: `default` without a password, `alice` with
  /// `wonderland`, `reader` with `looking-glass` and a read-only profile.
  explicit ClickHouseServer(const Certificate& certificate);
  ~ClickHouseServer();
  ClickHouseServer(const ClickHouseServer&) = delete;
  ClickHouseServer& operator=(const ClickHouseServer&) = delete;

  void Stop();
  /// On the same ports, with the same data.
  void Start();

  int HttpPort() const { return http_port_; }
  int HttpsPort() const { return https_port_; }
  int NativePort() const { return native_port_; }
  int NativeTlsPort() const { return native_tls_port_; }

 private:
  void WriteConfiguration(const Certificate& certificate) const;
  bool Answers() const;

  std::string folder_;
  int http_port_;
  int https_port_;
  int native_port_;
  int native_tls_port_;
  pid_t process_ = -1;
};

}  // namespace chimera::testing
