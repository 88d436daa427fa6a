// What goes over one connection, and how it ended. Plain values; the wire itself is connection.h.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace chimera::clickhouse {

struct Header {
  std::string name;
  std::string value;
};

struct ReplyHead {
  int status = 0;
  bool framed = false;  ///< the body's length is known or it is chunked, so that a cut body is seen
  std::vector<Header> headers;

  /// The value, or "" when there is none; names are compared without case.
  std::string_view Find(std::string_view name) const;
};

/// Takes a reply as it comes, on the thread that called `Post`.
class Receiver {
 public:
  virtual ~Receiver() = default;
  /// The connection stands, and the request is about to leave.
  virtual void OnConnected() {}
  virtual void OnHead(const ReplyHead& head) = 0;
  /// A piece of the body; what came as gzip is inflated already. False: enough. The rest is read and dropped when it is
  /// short, so that the connection survives; else it is cut.
  virtual bool OnBody(std::string_view bytes) = 0;
};

/// A POST. Everything is borrowed for the call. Headers hold no control characters.
struct Post {
  std::string_view target;  ///< path and query, percent-encoded
  const std::vector<Header>& headers;
  std::string_view body;
};

enum class Outcome {
  kComplete,   ///< the reply was read whole
  kCut,        ///< the receiver had enough, and more than a little was left
  kExpired,    ///< the deadline passed
  kCancelled,  ///< the context was cancelled
  kFailed,     ///< see Exchange::failure
};

enum class Failure {
  kNone,
  kNameUnknown,           ///< the host name has no address
  kNameTimeout,           ///< the name service did not answer
  kRefused,               ///< nobody listens there, or the network said no
  kConnectTimeout,        ///< no answer to the attempt to connect
  kBacklogFull,           ///< a Unix socket whose queue of new connections stayed full
  kTlsFiles,              ///< our own certificate, key or authorities cannot be loaded any more
  kTlsTimeout,            ///< the peer took the connection and did not finish the handshake
  kTlsSilent,             ///< the same, and this peer has never spoken TLS, nor a byte this time
  kTlsNotSpoken,          ///< the peer answered the handshake with something that is not TLS
  kTlsVersion,            ///< no common version of TLS
  kTlsHandshake,          ///< the handshake failed in another way
  kTlsExpired,            ///< the peer's certificate has ended
  kTlsNotYetValid,        ///< the peer's certificate begins in the future
  kTlsSelfSigned,         ///< the peer's certificate is signed by itself, and not by an authority
  kTlsUnknownAuthority,   ///< the peer's certificate is signed by an authority that we do not trust
  kTlsWrongName,          ///< the certificate is another host's
  kTlsUntrusted,          ///< the certificate is not valid for another reason
  kTlsClientCertificate,  ///< the peer wants a certificate from us: we have none, or not one that it accepts
  kTlsExpected,           ///< the peer speaks TLS, and we did not
  kNativeProtocol,        ///< the peer speaks ClickHouse's native protocol
  kNotHttp,               ///< the peer answered something that is not HTTP
  kBroken,                ///< the connection ended, or carried nonsense, before the reply was whole
};

/// Whether a handshake that ended so was one: the peer spoke TLS.
inline bool SpokeTls(Failure failure) {
  switch (failure) {
    case Failure::kTlsVersion:
    case Failure::kTlsExpired:
    case Failure::kTlsNotYetValid:
    case Failure::kTlsSelfSigned:
    case Failure::kTlsUnknownAuthority:
    case Failure::kTlsWrongName:
    case Failure::kTlsUntrusted:
    case Failure::kTlsClientCertificate:
      return true;
    default:
      return false;
  }
}

struct Exchange {
  Outcome outcome = Outcome::kComplete;
  Failure failure = Failure::kNone;
  bool sent = false;        ///< false: no byte of the request left this process
  std::string detail = {};  ///< for people: the certificate, the system's or the TLS library's words; may be empty
};

/// A `T`, or how the attempt at it ended.
template <typename T>
using Attempt = std::variant<T, Exchange>;

inline Exchange Failed(Failure failure, std::string detail = {}) {
  return {.outcome = Outcome::kFailed, .failure = failure, .detail = std::move(detail)};
}

}  // namespace chimera::clickhouse
