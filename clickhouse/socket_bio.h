// The end of OpenSSL that touches a socket. Unlike OpenSSL's own it never raises SIGPIPE, counts what left, and
// remembers how the peer began to speak.
#pragma once

#include <openssl/bio.h>

#include <cstdint>
#include <string>

namespace chimera::clickhouse {

struct SocketTraffic {
  int socket = -1;            ///< borrowed, non-blocking
  uint64_t bytes_out = 0;     ///< handed to the system
  std::string first_in = {};  ///< the first few bytes that came
  int last_errno = 0;         ///< of the last call that failed for good, 0 after one that did not
};

/// A BIO over `traffic`, which must outlive it. The caller frees it.
BIO* NewSocketBio(SocketTraffic& traffic);

}  // namespace chimera::clickhouse
