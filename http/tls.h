// The server's side of TLS: which files it takes, and how a context of OpenSSL's is made of them. Knows nothing of
// HTTP.
#pragma once

#include <string>

#include "base/result.h"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace chimera::http {

/// PEM files; TLS is on when `certificate` is set.
struct TlsFiles {
  std::string certificate;  ///< the server's, followed by its chain
  std::string key;          ///< without a passphrase
  std::string client_ca;    ///< empty: any client; else clients must show a certificate that one of these signed
};

/// Loads the files into `context`: TLS 1.2 or newer, sessions that clients can resume. kIoError naming the file and
/// what is wrong with it. Blocks for the files.
Status ConfigureTls(ssl_ctx_st* context, const TlsFiles& files);

/// Whether ConfigureTls would succeed.
Status CheckTls(const TlsFiles& files);

}  // namespace chimera::http
