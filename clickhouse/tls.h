// How connections to the database are secured.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace chimera::clickhouse {

enum class TlsVersion { k12, k13 };

/// The peer's certificate chain and name are always verified. The files are read anew when they change, so that
/// renewed certificates are used from the next connection on.
struct TlsOptions {
  std::string ca_file = {};           ///< PEM file of trusted authorities; empty: the system's
  std::string client_cert_file = {};  ///< PEM chain shown to a server that asks for one (mutual TLS); empty: none
  std::string client_key_file = {};   ///< PEM key of it, without a passphrase; empty: in client_cert_file
  std::string server_name = {};       ///< sent as SNI and expected in the certificate; empty: the host
  TlsVersion min_version = TlsVersion::k12;

  friend bool operator==(const TlsOptions&, const TlsOptions&) = default;
};

/// What a handshake agreed on, and the server's certificate.
struct TlsFacts {
  std::string version;  ///< such as "TLSv1.3"
  std::string cipher;   ///< OpenSSL's name
  std::string subject;  ///< of the server's certificate
  std::string issuer;
  std::string not_after;  ///< its end, ISO 8601 in UTC
  int64_t days_left = 0;  ///< until then; negative when expired
};

/// Whether the files of `options` can be used: they can be read, are PEM, and the key is the certificate's. Errors:
/// kInvalidArgument, naming the file, never what it holds. Reads the files; thread-safe.
Status CheckTls(const TlsOptions& options);

}  // namespace chimera::clickhouse
