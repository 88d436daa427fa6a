// Looks at the way to a database step by step, for a person who wants to know where it is broken: name, TCP, TLS, HTTP.
// Makes connections of its own, beside any pool.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/http_client.h"
#include "clickhouse/tls.h"

namespace chimera::clickhouse {

/// One host. A step that failed has its error; steps behind it are empty. The certificate is told even when it is
/// refused.
struct ProbeReport {
  std::string name;                    ///< "host:port" or the socket's path
  std::vector<std::string> addresses;  ///< what the name resolved to
  std::optional<double> dns_ms;
  std::optional<double> tcp_ms;
  std::optional<double> tls_ms;  ///< of the handshake
  std::optional<TlsFacts> tls;
  std::optional<double> ping_ms;  ///< GET /ping, answered "Ok."
  std::optional<Error> error;     ///< of the first step that failed, as a call would report it
};

/// Probes host number `index` of `options`. Blocks, at most until the context's deadline.
ProbeReport Probe(const RequestContext& context, const HttpOptions& options, size_t index);

}  // namespace chimera::clickhouse
