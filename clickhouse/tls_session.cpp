#include "clickhouse/tls_session.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "clickhouse/tls_certificate.h"

namespace chimera::clickhouse {
namespace {

bool IsAddress(const std::string& name) {
  unsigned char bytes[sizeof(in6_addr)];
  return inet_pton(AF_INET, name.c_str(), bytes) == 1 || inet_pton(AF_INET6, name.c_str(), bytes) == 1;
}

Step Judge(int error, X509* certificate, X509* leaf) {
  const std::string whose = ShortName(X509_get_subject_name(certificate));
  auto step = [](Failure failure, std::string detail) { return Step{.failure = failure, .detail = std::move(detail)}; };
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return step(Failure::kTlsExpired, "`" + whose + "` ended on " + ToIso(X509_get0_notAfter(certificate)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return step(Failure::kTlsNotYetValid, "`" + whose + "` begins on " + ToIso(X509_get0_notBefore(certificate)));
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return step(Failure::kTlsSelfSigned, whose);
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return step(Failure::kTlsUnknownAuthority, ShortName(X509_get_issuer_name(certificate)));
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return step(Failure::kTlsWrongName, NamesOf(leaf));
    default:
      return step(Failure::kTlsUntrusted, X509_verify_cert_error_string(error));
  }
}

}  // namespace

TlsSession::TlsSession(std::shared_ptr<TlsContext> context, int socket, const std::string& server_name,
                       std::string peer)
    : context_(std::move(context)),
      traffic_{.socket = socket},
      peer_(std::move(peer)),
      ssl_(SSL_new(context_->Raw()), SSL_free) {
  SSL* ssl = ssl_.get();
  BIO* bio = NewSocketBio(traffic_);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_app_data(ssl, this);
  SSL_set_verify(ssl, SSL_VERIFY_PEER, OnCertificate);
  SSL_set_cert_cb(ssl, OnCertificateRequest, this);
  ExpectPeer(server_name);
  if (auto session = context_->SessionWith(peer_)) SSL_set_session(ssl, session.get());
}

TlsSession::~TlsSession() {
  // A polite end, if the peer can take it at once. After a cut that OpenSSL did not cause itself the session may be
  // resumed all the same: without this mark, freeing would spoil it.
  if (!failed_ && SSL_is_init_finished(ssl_.get())) {
    SSL_shutdown(ssl_.get());
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  ERR_clear_error();
}

void TlsSession::ExpectPeer(const std::string& server_name) {
  SSL* ssl = ssl_.get();
  if (IsAddress(server_name)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), server_name.c_str());
    return;
  }
  std::string name = server_name;
  if (!name.empty() && name.back() == '.') name.pop_back();  // a rooted name is written without its dot in certificates
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  SSL_set1_host(ssl, name.c_str());
  SSL_set_tlsext_host_name(ssl, name.c_str());
}

int TlsSession::OnCertificate(int ok, X509_STORE_CTX* chain) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto& self = *static_cast<TlsSession*>(SSL_get_app_data(ssl));
  X509* leaf = X509_STORE_CTX_get0_cert(chain);
  if (!self.facts_) self.facts_ = FactsOf(leaf);
  if (ok != 1 && !self.untrusted_) {
    X509* wrong = X509_STORE_CTX_get_current_cert(chain);
    self.untrusted_ = Judge(X509_STORE_CTX_get_error(chain), wrong != nullptr ? wrong : leaf, leaf);
  }
  return ok;
}

int TlsSession::OnNewSession(SSL* ssl, SSL_SESSION* session) {
  auto& self = *static_cast<TlsSession*>(SSL_get_app_data(ssl));
  self.context_->Keep(self.peer_, {session, SSL_SESSION_free});
  return 1;  // the reference is ours now
}

int TlsSession::OnCertificateRequest(SSL*, void* self) {
  static_cast<TlsSession*>(self)->asked_for_certificate_ = true;
  return 1;
}

Step TlsSession::Handshake() {
  ERR_clear_error();
  int result = SSL_connect(ssl_.get());
  if (result != 1) return Explain(result);
  shaken_ = true;
  if (X509* certificate = SSL_get0_peer_certificate(ssl_.get()); certificate != nullptr && !facts_) {
    facts_ = FactsOf(certificate);
  }
  if (facts_) {
    facts_->version = SSL_get_version(ssl_.get());
    facts_->cipher = SSL_get_cipher_name(ssl_.get());
  }
  return {};
}

Step TlsSession::Read(char* to, size_t room) {
  ERR_clear_error();
  size_t count = 0;
  int result = SSL_read_ex(ssl_.get(), to, room, &count);
  return result == 1 ? Step{.bytes = count} : Explain(result);
}

Step TlsSession::Write(std::string_view bytes) {
  ERR_clear_error();
  size_t count = 0;
  int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
  return result == 1 ? Step{.bytes = count} : Explain(result);
}

Step TlsSession::Explain(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {.wants = POLLIN};
    case SSL_ERROR_WANT_WRITE:
      return {.wants = POLLOUT};
    case SSL_ERROR_ZERO_RETURN:
      return {};
    case SSL_ERROR_SYSCALL:
      return ExplainEnd();
    default:
      break;
  }
  const unsigned long error = ERR_peek_error();
  ERR_clear_error();
  const bool ended = ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (ended) return ExplainEnd();
  failed_ = true;
  return ExplainError(error);
}

/// The connection ended without a word of TLS.
Step TlsSession::ExplainEnd() {
  std::string how = traffic_.last_errno == 0 ? "the peer closed the connection" : std::strerror(traffic_.last_errno);
  if (shaken_) return {.failure = Failure::kBroken, .detail = how};
  failed_ = true;
  bool wants_ours = asked_for_certificate_ && !context_->HasCertificate();
  return {.failure = wants_ours ? Failure::kTlsClientCertificate : Failure::kTlsHandshake, .detail = how};
}

Step TlsSession::ExplainError(unsigned long error) const {
  if (untrusted_) return *untrusted_;
  const int reason = ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0;
  const char* words = ERR_reason_error_string(error);
  std::string detail = words == nullptr ? "" : words;
  const char first = traffic_.first_in.empty() ? '\x16' : traffic_.first_in[0];
  if (first == '\x02') return {.failure = Failure::kNativeProtocol, .detail = detail};  // its packet Exception
  bool is_tls = first == '\x16' || first == '\x15';                                     // Handshake or Alert
  if (!is_tls) return {.failure = Failure::kTlsNotSpoken, .detail = detail};
  if (reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION) {
    return {.failure = Failure::kTlsVersion, .detail = detail};
  }
  if (IsAboutOurCertificate(reason)) return {.failure = Failure::kTlsClientCertificate, .detail = detail};
  return {.failure = shaken_ ? Failure::kBroken : Failure::kTlsHandshake, .detail = detail};
}

/// TLS 1.3 tells us with the first bytes that we read after the handshake, TLS 1.2 in it and in other words.
bool TlsSession::IsAboutOurCertificate(int reason) const {
  switch (reason) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return true;
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_NO_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
      return asked_for_certificate_;
    default:
      return false;
  }
}

}  // namespace chimera::clickhouse
