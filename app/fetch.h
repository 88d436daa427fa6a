// One small document from a web server.
#pragma once

#include <stop_token>
#include <string>

#include "base/result.h"

namespace chimera::app {

/// The body that GET `url` is answered with: of 1 MiB at most, within 5 s, with status 200; redirects are not followed.
/// Over TLS the peer is verified against the system's authorities (or SSL_CERT_FILE). kUnavailable otherwise. Blocks.
Result<std::string> Fetch(const std::string& url, const std::stop_token& stop);

}  // namespace chimera::app
