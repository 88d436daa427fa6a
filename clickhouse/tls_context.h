// The shared half of TLS: our certificates and authorities, loaded once, and the sessions that later connections resume
// instead of repeating the whole handshake.
#pragma once

#include <openssl/ssl.h>
#include <sys/stat.h>

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "clickhouse/tls.h"

namespace chimera::clickhouse {

class TlsContext {
 public:
  using Session = std::unique_ptr<SSL_SESSION, decltype(&SSL_SESSION_free)>;

  /// Loads the files of `options`; kInvalidArgument as for CheckTls.
  static Result<std::shared_ptr<TlsContext>> Create(const TlsOptions& options);

  /// Whether it can serve `options`: it was made for them, and their files are what they were then.
  bool Serves(const TlsOptions& options) const;

  SSL_CTX* Raw() const { return context_.get(); }
  bool HasCertificate() const { return !options_.client_cert_file.empty(); }

  /// Keeps the session of a connection to `peer` for the next one to it. Thread-safe.
  void Keep(const std::string& peer, Session session);
  /// The latest session with `peer`, or null. Thread-safe.
  Session SessionWith(const std::string& peer) const;

 private:
  /// Tells whether a file was changed.
  struct Mark {
    std::string path;
    struct stat at_load = {};
    bool IsUnchanged() const;
  };

  TlsContext(TlsOptions options, SSL_CTX* context);
  Status LoadAuthorities();
  Status LoadCertificate();
  Result<std::string> ReadPem(const std::string& path, const std::string& what);

  const TlsOptions options_;
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  std::vector<Mark> files_;
  mutable std::mutex mutex_;  ///< guards the sessions
  std::map<std::string, Session> sessions_;
};

}  // namespace chimera::clickhouse
