// One TLS connection over a connected socket: handshake, reading and writing, each as far as it goes without blocking.
// A failure is told as what the peer or its certificate did wrong.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "clickhouse/exchange.h"
#include "clickhouse/socket_bio.h"
#include "clickhouse/tls_context.h"

namespace chimera::clickhouse {

/// One attempt to move bytes without blocking. All zero: the peer has closed.
struct Step {
  size_t bytes = 0;  ///< moved
  short wants = 0;   ///< poll's event to wait for before trying again
  Failure failure = Failure::kNone;
  std::string detail = {};
};

class TlsSession {
 public:
  /// `socket` is borrowed. `server_name`: who the peer must prove to be, a host name or an address. `peer` names who a
  /// session is resumed with.
  TlsSession(std::shared_ptr<TlsContext> context, int socket, const std::string& server_name, std::string peer);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Done when neither `wants` nor `failure` is set.
  Step Handshake();
  Step Read(char* to, size_t room);
  Step Write(std::string_view bytes);

  /// True when bytes came that nobody has read.
  bool HasPending() const { return SSL_has_pending(ssl_.get()) == 1; }
  uint64_t BytesOut() const { return traffic_.bytes_out; }
  /// True when the peer has said something, whatever it was.
  bool HasHeard() const { return !traffic_.first_in.empty(); }
  bool WasResumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  /// What is known of the peer, also after a handshake that failed for its certificate.
  const std::optional<TlsFacts>& Facts() const { return facts_; }

  /// OpenSSL's, for the context: keeps what the server gave for later connections.
  static int OnNewSession(SSL* ssl, SSL_SESSION* session);

 private:
  static int OnCertificate(int ok, X509_STORE_CTX* chain);
  static int OnCertificateRequest(SSL* ssl, void* self);
  void ExpectPeer(const std::string& server_name);
  Step Explain(int result);
  Step ExplainEnd();
  Step ExplainError(unsigned long error) const;
  bool IsAboutOurCertificate(int reason) const;

  std::shared_ptr<TlsContext> context_;
  SocketTraffic traffic_;
  const std::string peer_;
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
  std::optional<TlsFacts> facts_;
  std::optional<Step> untrusted_;  ///< what is wrong with the peer's certificate
  bool asked_for_certificate_ = false;
  bool shaken_ = false;  ///< the handshake is done; OpenSSL itself forgets that with a fatal error
  bool failed_ = false;
};

}  // namespace chimera::clickhouse
