// A TLS server in this process that a test configures as badly as it likes. Each connection has a thread that answers
// every request with the same bytes.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "wire/certificates.h"

namespace chimera::testing {

struct TlsPeerOptions {
  Certificate certificate;
  std::string client_authority = {};  ///< PEM; when set, a client certificate of it is demanded
  int max_version = TLS1_3_VERSION;
  int min_version = TLS1_2_VERSION;
  std::string reply = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nOk.\n";
  bool close_after_reply = false;  ///< with a close_notify
};

class TlsPeer {
 public:
  explicit TlsPeer(TlsPeerOptions options);
  ~TlsPeer();

  int Port() const { return port_; }
  int Connections() const { return connections_; }  ///< with a finished handshake
  int Resumed() const { return resumed_; }          ///< of those
  std::vector<std::string> Names() const;           ///< by SNI, one a connection
  std::vector<std::string> Requests() const;        ///< heads

 private:
  void Accept();
  void Serve(int fd);
  bool Answer(SSL* ssl, std::string& buffer);

  const TlsPeerOptions options_;
  SSL_CTX* context_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::atomic<int> resumed_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> names_;
  std::vector<std::string> requests_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace chimera::testing
