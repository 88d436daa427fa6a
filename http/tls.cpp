#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace chimera::http {
namespace {

/// `hint` unless the reason is the file system's.
Error FileError(const std::string& what, const std::string& path, const std::string& hint) {
  const std::string file = "the TLS " + what + " " + path;
  if (access(path.c_str(), R_OK) != 0)
    return MakeError(ErrorCode::kIoError, file + " cannot be read: " + std::strerror(errno),
                     "name a PEM file that this user can read");
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  return MakeError(ErrorCode::kIoError, file + " is refused: " + (reason ? reason : "unknown reason"), hint);
}

// OpenSSL would ask on the terminal.
int NoPassphrase(char*, int, int, void*) {
  return 0;
}

Status LoadPair(SSL_CTX* context, const TlsFiles& files) {
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
    return FileError("certificate", files.certificate, "give PEM: the server's certificate, then its chain");
  SSL_CTX_set_default_passwd_cb(context, NoPassphrase);
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1)
    return FileError("key", files.key, "give the certificate's private key as PEM, without a passphrase");
  return Ok();
}

Status LoadClientCa(SSL_CTX* context, const std::string& path) {
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(path.c_str());
  if (!names || SSL_CTX_load_verify_locations(context, path.c_str(), nullptr) != 1)
    return FileError("client CA", path, "give the certificates as PEM that sign the clients' ones");
  SSL_CTX_set_client_CA_list(context, names);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return Ok();
}

}  // namespace

Status ConfigureTls(ssl_ctx_st* context, const TlsFiles& files) {
  constexpr unsigned char kSessions[] = "chimera-mcp";  // without it, clients with certificates cannot resume
  ERR_clear_error();
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_session_id_context(context, kSessions, sizeof(kSessions) - 1);
  if (Status loaded = LoadPair(context, files); !loaded) return loaded;
  return files.client_ca.empty() ? Ok() : LoadClientCa(context, files.client_ca);
}

Status CheckTls(const TlsFiles& files) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  return context ? ConfigureTls(context.get(), files) : MakeError(ErrorCode::kInternal, "OpenSSL gives no TLS context");
}

}  // namespace chimera::http
