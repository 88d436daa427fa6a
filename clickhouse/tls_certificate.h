// Reads X.509 certificates for people: whose, until when, for which names.
#pragma once

#include <openssl/x509.h>

#include <string>

#include "clickhouse/tls.h"

namespace chimera::clickhouse {

/// Subject, issuer and end of `certificate`; version and cipher stay empty.
TlsFacts FactsOf(X509* certificate);

/// A time as ISO 8601 in UTC.
std::string ToIso(const ASN1_TIME* time);

/// The host names and addresses that `certificate` is for: the first few, or its common name when it lists none.
std::string NamesOf(X509* certificate);

/// "Common Name", or the whole name where it has none.
std::string ShortName(const X509_NAME* name);

}  // namespace chimera::clickhouse
