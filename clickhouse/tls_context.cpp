#include "clickhouse/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "clickhouse/tls_session.h"

namespace chimera::clickhouse {
namespace {

constexpr off_t kMaxFileBytes = 16 * 1024 * 1024;

Error Invalid(std::string message, std::string hint) {
  ERR_clear_error();
  return MakeError(ErrorCode::kInvalidArgument, std::move(message), std::move(hint));
}

Error Unreadable(const std::string& what, const std::string& path, const std::string& why) {
  return Invalid(what + " " + path + " cannot be read: " + why, "check the path and the rights of this process");
}

bool SameFile(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

Status CheckTls(const TlsOptions& options) {
  auto context = TlsContext::Create(options);
  if (!context) return std::move(context).error();
  return Ok();
}

TlsContext::TlsContext(TlsOptions options, SSL_CTX* context)
    : options_(std::move(options)), context_(context, SSL_CTX_free) {
  SSL_CTX_set_min_proto_version(context, options_.min_version == TlsVersion::k13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);  // a record's header and body in one system call
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, TlsSession::OnNewSession);
  // A key behind a passphrase must not ask for it on the terminal.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
}

Result<std::shared_ptr<TlsContext>> TlsContext::Create(const TlsOptions& options) {
  std::shared_ptr<TlsContext> context(new TlsContext(options, SSL_CTX_new(TLS_client_method())));
  if (auto loaded = context->LoadAuthorities(); !loaded) return std::move(loaded).error();
  if (auto loaded = context->LoadCertificate(); !loaded) return std::move(loaded).error();
  return context;
}

Result<std::string> TlsContext::ReadPem(const std::string& path, const std::string& what) {
  Mark mark{path};
  if (stat(path.c_str(), &mark.at_load) != 0) return Unreadable(what, path, std::strerror(errno));
  if (!S_ISREG(mark.at_load.st_mode)) return Unreadable(what, path, "it is not a file");
  if (mark.at_load.st_size > kMaxFileBytes) return Unreadable(what, path, "it is larger than 16 MiB");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return Unreadable(what, path, std::strerror(errno));
  files_.push_back(std::move(mark));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Status TlsContext::LoadAuthorities() {
  const std::string& path = options_.ca_file;
  if (path.empty()) {
    SSL_CTX_set_default_verify_paths(Raw());  // some 50 ms for Debian's 140, which is why contexts are shared
    return Ok();
  }
  if (auto text = ReadPem(path, "the CA file"); !text) return std::move(text).error();
  if (SSL_CTX_load_verify_file(Raw(), path.c_str()) != 1) {
    return Invalid("the CA file " + path + " holds no certificate that can be read",
                   "give the authorities' certificates in PEM: blocks that begin with -----BEGIN CERTIFICATE-----");
  }
  return Ok();
}

Status TlsContext::LoadCertificate() {
  const std::string& certificate = options_.client_cert_file;
  const std::string& key = options_.client_key_file.empty() ? certificate : options_.client_key_file;
  if (certificate.empty() && key.empty()) return Ok();
  if (certificate.empty()) {
    return Invalid("the client key file " + key + " comes without a certificate",
                   "give the client certificate's file, too");
  }
  if (auto text = ReadPem(certificate, "the client certificate file"); !text) return std::move(text).error();
  auto key_text = ReadPem(key, "the client key file");
  if (!key_text) return std::move(key_text).error();
  if (SSL_CTX_use_certificate_chain_file(Raw(), certificate.c_str()) != 1) {
    return Invalid("the client certificate file " + certificate + " holds no certificate that can be used",
                   "give the certificate in PEM, its own first, then those of the authorities between");
  }
  if (SSL_CTX_use_PrivateKey_file(Raw(), key.c_str(), SSL_FILETYPE_PEM) == 1) return Ok();
  if (ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH) {
    return Invalid("the key in " + key + " does not belong to the certificate in " + certificate,
                   "give the key that the certificate was made for");
  }
  bool locked = key_text->find("ENCRYPTED") != std::string::npos;
  return Invalid(
      "the client key file " + key + (locked ? " is locked by a passphrase" : " holds no private key that can be used"),
      locked ? "store it without one, readable by this process only"
             : "give the key in PEM: a block that begins with -----BEGIN PRIVATE KEY-----");
}

bool TlsContext::Mark::IsUnchanged() const {
  struct stat now = {};
  return stat(path.c_str(), &now) == 0 && SameFile(at_load, now);
}

bool TlsContext::Serves(const TlsOptions& options) const {
  if (options != options_) return false;
  for (const auto& file : files_) {
    if (!file.IsUnchanged()) return false;
  }
  return true;
}

void TlsContext::Keep(const std::string& peer, Session session) {
  std::lock_guard lock(mutex_);
  sessions_.insert_or_assign(peer, std::move(session));
}

TlsContext::Session TlsContext::SessionWith(const std::string& peer) const {
  std::lock_guard lock(mutex_);
  auto found = sessions_.find(peer);
  if (found == sessions_.end()) return {nullptr, SSL_SESSION_free};
  SSL_SESSION_up_ref(found->second.get());
  return {found->second.get(), SSL_SESSION_free};
}

}  // namespace chimera::clickhouse
