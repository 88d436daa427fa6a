// How connections to the database are secured.
#pragma once

#include <string>

namespace chimera::clickhouse {

enum class TlsVersion { k12, k13 };

/// The peer's certificate chain and name are always verified.
struct TlsOptions {
  std::string ca_file = {};           ///< PEM file of trusted authorities; empty: the system's
  std::string client_cert_file = {};  ///< PEM chain shown to a server that asks for one (mutual TLS); empty: none
  std::string client_key_file = {};   ///< PEM key of it; empty: in client_cert_file
  std::string server_name = {};       ///< sent as SNI and expected in the certificate; empty: the host
  TlsVersion min_version = TlsVersion::k12;
};

}  // namespace chimera::clickhouse
