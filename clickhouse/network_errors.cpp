// The network's half of errors.h: each way in which a peer can be wrong has its own sentence and the fix for it.
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "base/redaction.h"
#include "base/text.h"
#include "clickhouse/errors.h"

namespace chimera::clickhouse {
namespace {

constexpr size_t kBodyShown = 120;

/// `text` and the ports to look at.
std::string WithPorts(std::string text) {
  return text += "ClickHouse's HTTP port is usually 8123, or 8443 with TLS";
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

struct Words {
  std::string message;
  std::string hint;
};

Words SocketWords(const Endpoint& endpoint, const Exchange& exchange) {
  std::string what = exchange.sent ? " stopped before its answer was whole" : " does not answer";
  return {"the embedded engine on " + endpoint.Name() + what,
          "it may be starting or may have stopped: try again in a moment"};
}

Words ConnectWords(const Endpoint& endpoint, Failure failure, const std::string& why) {
  const std::string name = endpoint.Name();
  switch (failure) {
    case Failure::kNameUnknown:
      return {"the database's host name `" + endpoint.host + "` has no address" + why,
              "check its spelling and this machine's name service"};
    case Failure::kNameTimeout:
      return {"the name service did not tell the address of the database's host `" + endpoint.host + "`" + why,
              "check that this machine reaches its name service (/etc/resolv.conf), or give the host's address"};
    case Failure::kRefused:
      return {"no connection to " + name + why, WithPorts("check that ClickHouse runs there and the port: ")};
    default:
      return {name + " did not answer the attempt to connect",
              WithPorts("check host, port and the firewalls between: ")};
  }
}

Words CertificateWords(const Endpoint& endpoint, const Exchange& exchange) {
  const std::string name = endpoint.Name();
  const std::string& detail = exchange.detail;
  switch (exchange.failure) {
    case Failure::kTlsExpired:
      return {"the TLS certificate of " + name + " has expired: " + detail,
              "renew it on the server (and check this machine's clock)"};
    case Failure::kTlsNotYetValid:
      return {"the TLS certificate of " + name + " is not valid yet: " + detail,
              "check the clocks of this machine and of the one that made the certificate"};
    case Failure::kTlsSelfSigned:
      return {
          "the TLS certificate of " + name + " is self-signed (`" + detail + "`): nobody vouches for it",
          "if it is yours, save it to a file and name that as the CA file (CH_CA_FILE), or let an authority sign it"};
    case Failure::kTlsUnknownAuthority:
      return {
          "the TLS certificate of " + name + " is signed by `" + detail +
              "`, which is not among the trusted authorities",
          endpoint.tls.ca_file.empty()
              ? "name the file with that authority's certificate as the CA file (CH_CA_FILE), or install it on this "
                "machine"
              : "the CA file " + endpoint.tls.ca_file +
                    " does not have it: the authority may have changed, or the "
                    "server leaves out a certificate between; if nobody changed it, somebody else may be answering"};
    case Failure::kTlsWrongName:
      return {"the TLS certificate of " + name + " is for `" + detail + "`, not for `" + endpoint.ServerName() + "`",
              "connect by a name of the certificate, or give that name as the server name (CH_SERVER_NAME)"};
    default:
      return {"the TLS certificate of " + name + " is not valid: " + detail, "mend the certificate on the server"};
  }
}

/// For a peer that seems to speak no TLS.
std::string WithoutTls(const Endpoint& endpoint) {
  return WithPorts("if port " + std::to_string(endpoint.port) +
                   " speaks no TLS, set CH_SECURE=false or name the TLS port in CH_PORT; ");
}

Words HandshakeWords(const Endpoint& endpoint, const Exchange& exchange, const std::string& why) {
  const std::string name = endpoint.Name();
  switch (exchange.failure) {
    case Failure::kTlsFiles:
      return {exchange.detail, "mend the file; it is read again for the next connection"};
    case Failure::kTlsTimeout:
      return {name + " did not finish the TLS handshake in time",
              "look whether the server hangs or is overloaded, and at the firewalls between"};
    case Failure::kTlsSilent:
      return {name + " took the connection but did not answer the TLS handshake", WithoutTls(endpoint)};
    case Failure::kTlsNotSpoken:
      return {name + " answers without TLS", WithoutTls(endpoint)};
    case Failure::kTlsVersion:
      return {"no common TLS version with " + name + why,
              endpoint.tls.min_version == TlsVersion::k13
                  ? "the server must speak TLS 1.3, or lower the required version (CH_TLS_MIN_VERSION=1.2)"
                  : "the server must speak TLS 1.2 or newer: older versions are not safe"};
    case Failure::kTlsClientCertificate:
      return endpoint.tls.client_cert_file.empty()
                 ? Words{name + " demands a client certificate" + why,
                         "give one that the server trusts (CH_CLIENT_CERT_FILE, CH_CLIENT_KEY_FILE)"}
                 : Words{name + " does not accept our client certificate" + why,
                         "check that " + endpoint.tls.client_cert_file +
                             " is still valid and signed by an authority that the server trusts"};
    default:
      return {"no TLS connection to " + name + why, "the server's log may say more; " + WithoutTls(endpoint)};
  }
}

Words PeerWords(const Endpoint& endpoint, const Exchange& exchange, const std::string& why) {
  const std::string name = endpoint.Name();
  switch (exchange.failure) {
    case Failure::kTlsExpected:
      return {name + " expects TLS", WithPorts("set CH_SECURE=true, or name the port without TLS in CH_PORT; ")};
    case Failure::kNativeProtocol:
      return {name + " is ClickHouse's native protocol, not HTTP", WithPorts("use the other port: ")};
    case Failure::kNotHttp:
      return {name + " does not speak HTTP: it says \"" + exchange.detail + "\"", WithPorts("check host and port: ")};
    default:
      if (exchange.detail == std::strerror(ETIMEDOUT)) {
        return {"the network to " + name + " carries nothing any more" + why,
                "check that the host is up and the network between; try again in a moment"};
      }
      return {name + " closed the connection before its answer was whole" + why,
              endpoint.secure ? "try again; if it repeats, look into the server's log"
                              : WithPorts("if it repeats, the port may expect TLS or not be HTTP: ")};
  }
}

Words TcpWords(const Endpoint& endpoint, const Exchange& exchange) {
  std::string why = exchange.detail.empty() ? "" : " (" + exchange.detail + ")";
  switch (exchange.failure) {
    case Failure::kNameUnknown:
    case Failure::kNameTimeout:
    case Failure::kRefused:
    case Failure::kConnectTimeout:
      return ConnectWords(endpoint, exchange.failure, why);
    case Failure::kTlsExpired:
    case Failure::kTlsNotYetValid:
    case Failure::kTlsSelfSigned:
    case Failure::kTlsUnknownAuthority:
    case Failure::kTlsWrongName:
    case Failure::kTlsUntrusted:
      return CertificateWords(endpoint, exchange);
    case Failure::kTlsFiles:
    case Failure::kTlsTimeout:
    case Failure::kTlsSilent:
    case Failure::kTlsNotSpoken:
    case Failure::kTlsVersion:
    case Failure::kTlsClientCertificate:
    case Failure::kTlsHandshake:
      return HandshakeWords(endpoint, exchange, why);
    default:
      return PeerWords(endpoint, exchange, why);
  }
}

}  // namespace

Error NetworkError(const Endpoint& endpoint, const Exchange& exchange) {
  Error error;
  if (exchange.failure == Failure::kBacklogFull) {
    error = MakeError(ErrorCode::kBusy, "the embedded engine takes no more connections on " + endpoint.Name(),
                      "try again in a moment");
  } else {
    auto words = endpoint.unix_socket.empty() ? TcpWords(endpoint, exchange) : SocketWords(endpoint, exchange);
    error = MakeError(ErrorCode::kUnavailable, std::move(words.message), std::move(words.hint));
  }
  error.unsent = !exchange.sent;
  return error;
}

Error ForeignReply(const Endpoint& endpoint, int status, std::string_view body) {
  const auto code = ErrorCode::kUnavailable;
  const std::string name = endpoint.Name();
  if (Contains(body, "is for clickhouse-client program")) {
    return MakeError(code, name + " is ClickHouse's native protocol, not HTTP", WithPorts("use the other port: "));
  }
  if (Contains(body, "HTTP request was sent to HTTPS port") || Contains(body, "HTTP request to an HTTPS server")) {
    return MakeError(code, name + " expects TLS", "set CH_SECURE=true, or name the port without TLS in CH_PORT");
  }
  if (status == 401 || status == 403) {
    return MakeError(
        ErrorCode::kAccessDenied,
        name + " refused the request (HTTP " + std::to_string(status) + " \"" +
            Shorten(Redacted(Trim(body)), kBodyShown) + "\"), and this is no answer of ClickHouse's",
        "a proxy or firewall before the database refuses it, whatever the password: check CH_HOST, CH_PORT "
        "and CH_HTTP_PATH, and that it lets this machine through");
  }
  if (status == 414) {
    return MakeError(ErrorCode::kTooLarge, "the statement's parameters are longer than " + name + " accepts",
                     "send shorter parameter values");
  }
  if (status == 502 || status == 503 || status == 504) {
    return MakeError(code, name + " is not ready (HTTP " + std::to_string(status) + ")", "try again in a moment");
  }
  return MakeError(code,
                   name + " does not answer like ClickHouse: HTTP " + std::to_string(status) + " \"" +
                       Shorten(Redacted(Trim(body)), kBodyShown) + "\"",
                   WithPorts("check host and port: "));
}

}  // namespace chimera::clickhouse
