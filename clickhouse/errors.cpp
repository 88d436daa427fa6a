#include "clickhouse/errors.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/text.h"

namespace chimera::clickhouse {
namespace {

constexpr size_t kMaxMessageBytes = 600;
constexpr size_t kExpectedShown = 5;
constexpr std::string_view kMark = "__exception__";

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

/// The number that `text` starts with, or 0.
int LeadingNumber(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// What stands between "__exception__\r\nTAG\r\n" and "\nLENGTH TAG\r\n__exception__"; all of `text` without a block.
std::string_view InsideBlock(std::string_view text, std::string_view tag) {
  std::string opening = std::string(kMark) + "\r\n" + std::string(tag) + "\r\n";
  auto begin = text.find(opening);
  if (tag.empty() || begin == std::string_view::npos) return text;
  text.remove_prefix(begin + opening.size());
  auto end = text.rfind(" " + std::string(tag) + "\r\n" + std::string(kMark));
  if (end == std::string_view::npos) return text;
  while (end > 0 && IsDigit(text[end - 1])) --end;
  return text.substr(0, end);
}

/// The offset of "Code: N" followed by '.' or ','.
size_t FindCode(std::string_view text) {
  constexpr std::string_view kCode = "Code: ";
  for (auto at = text.find(kCode); at != std::string_view::npos; at = text.find(kCode, at + 1)) {
    auto end = text.find_first_not_of("0123456789", at + kCode.size());
    if (end == std::string_view::npos || end == at + kCode.size()) continue;
    if (text[end] == '.' || text[end] == ',') return at;
  }
  return std::string_view::npos;
}

void DropPrefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) == prefix) text.remove_prefix(prefix.size());
}

/// Drops "DB::Exception: ", "DB::NetException: " and the like.
void DropClass(std::string_view& text) {
  auto end = text.find(": ");
  if (text.substr(0, 4) == "DB::" && end != std::string_view::npos) text.remove_prefix(end + 2);
}

void CutAt(std::string_view& text, std::string_view mark) {
  auto at = text.rfind(mark);
  if (at != std::string_view::npos) text = text.substr(0, at);
}

/// Takes a final "(UNKNOWN_TABLE)" off `text`.
std::string TakeName(std::string_view& text) {
  auto open = text.rfind('(');
  if (open == std::string_view::npos || text.empty() || text.back() != ')') return {};
  std::string name(text.substr(open + 1, text.size() - open - 2));
  bool is_name = !name.empty() && std::all_of(name.begin(), name.end(),
                                              [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || IsDigit(c); });
  if (!is_name) return {};
  text = Trim(text.substr(0, open));
  return name;
}

struct Known {
  int exception;
  ErrorCode code;
  std::string_view hint;
};

constexpr std::string_view kReadLess =
    "read less (a narrower time range, fewer columns, a filter on the sorting key) or allow more time";
constexpr std::string_view kSelectLess = "select fewer rows or columns, or aggregate";
constexpr std::string_view kCheckLogin = "check the user name and the password of the database account";
constexpr std::string_view kAskForGrant =
    "the database account lacks this right: use another table, or ask for the grant";
constexpr std::string_view kDescribe = "describe the table to see its columns";
constexpr std::string_view kFunctions = "system.functions lists every function";

/// ClickHouse's numbers (src/Common/ErrorCodes.cpp) that a caller can do something about; the rest is kDatabaseError.
constexpr Known kKnown[] = {
    {8, ErrorCode::kUnknownColumn, kDescribe},
    {10, ErrorCode::kUnknownColumn, kDescribe},
    {16, ErrorCode::kUnknownColumn, kDescribe},
    {46, ErrorCode::kUnknownFunction, kFunctions},
    {47, ErrorCode::kUnknownColumn, kDescribe},
    {60, ErrorCode::kUnknownTable, "list the tables; write database.table for one outside the default database"},
    {62, ErrorCode::kSyntaxError, ""},
    {63, ErrorCode::kUnknownFunction, kFunctions},
    {81, ErrorCode::kUnknownDatabase, "list the databases"},
    {115, ErrorCode::kDatabaseError, "this server does not know the setting: leave it out"},
    {158, ErrorCode::kTooLarge, kSelectLess},
    {159, ErrorCode::kTimeout, kReadLess},
    {160, ErrorCode::kTimeout, kReadLess},
    {164, ErrorCode::kAccessDenied, "this connection only reads"},
    {192, ErrorCode::kAccessDenied, kCheckLogin},
    {193, ErrorCode::kAccessDenied, kCheckLogin},
    {194, ErrorCode::kAccessDenied, kCheckLogin},
    {195, ErrorCode::kAccessDenied, kCheckLogin},
    {201, ErrorCode::kBusy, "the account's quota is used up: wait until its interval has passed"},
    {202, ErrorCode::kBusy, "the server runs as many queries as it may: try again in a moment"},
    {216, ErrorCode::kBusy, "the query before this one has not ended yet: try again in a moment"},
    {241, ErrorCode::kTooLarge, "read less: fewer columns, a narrower range, fewer groups, or LIMIT"},
    {291, ErrorCode::kAccessDenied, kAskForGrant},
    {307, ErrorCode::kTooLarge, kSelectLess},
    {394, ErrorCode::kCancelled, ""},
    {396, ErrorCode::kTooLarge, kSelectLess},
    {452, ErrorCode::kAccessDenied, "the account may not change this setting: leave it out"},
    {456, ErrorCode::kInvalidArgument, "give every {name:Type} of the SQL a value of the same name"},
    {457, ErrorCode::kInvalidArgument, "give the parameter a value that fits its type"},
    {497, ErrorCode::kAccessDenied, kAskForGrant},
    {516, ErrorCode::kAccessDenied, kCheckLogin},
    {734, ErrorCode::kCancelled, ""},
    {735, ErrorCode::kCancelled, ""},
};

Known Lookup(int exception) {
  auto found = std::find_if(std::begin(kKnown), std::end(kKnown),
                            [exception](const Known& known) { return known.exception == exception; });
  return found == std::end(kKnown) ? Known{exception, ErrorCode::kDatabaseError, ""} : *found;
}

/// "Expected one of: A, B, C, …" with the first few of what can be hundreds.
std::string ShortenExpected(std::string_view text) {
  constexpr std::string_view kExpected = "Expected one of: ";
  auto at = text.find(kExpected);
  if (at == std::string_view::npos) return std::string(text);
  size_t end = at + kExpected.size();
  for (size_t shown = 0; shown < kExpectedShown; ++shown) {
    auto comma = text.find(", ", end);
    if (comma == std::string_view::npos) return std::string(text);
    end = comma + 2;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::optional<size_t> PositionOf(std::string_view text) {
  constexpr std::string_view kAt = "failed at position ";
  auto at = text.find(kAt);
  if (at == std::string_view::npos) return std::nullopt;
  int position = LeadingNumber(text.substr(at + kAt.size()));
  if (position < 1) return std::nullopt;
  return static_cast<size_t>(position - 1);
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

constexpr std::string_view kPorts = "ClickHouse's HTTP port is usually 8123, or 8443 with TLS";

Error SocketError(const Endpoint& endpoint, const Exchange& exchange) {
  if (exchange.failure == Failure::kBacklogFull) {
    return MakeError(ErrorCode::kBusy, "the embedded engine takes no more connections on " + endpoint.Name(),
                     "try again in a moment");
  }
  std::string what = exchange.sent ? " stopped before its answer was whole" : " does not answer";
  return MakeError(ErrorCode::kUnavailable, "the embedded engine on " + endpoint.Name() + what,
                   "it may be starting or may have stopped: try again in a moment");
}

Error HandshakeError(const Endpoint& endpoint, const std::string& detail) {
  std::string why = detail.empty() ? "" : " (" + detail + ")";
  bool not_tls = Contains(detail, "wrong version number") || Contains(detail, "packet length too long") ||
                 Contains(detail, "http request");
  return MakeError(ErrorCode::kUnavailable, "no TLS connection to " + endpoint.Name() + why,
                   not_tls ? "that port answers without TLS: turn TLS off, or use the TLS port; " + std::string(kPorts)
                           : "the server must speak TLS 1.2 or newer there; " + std::string(kPorts));
}

Error TcpError(const Endpoint& endpoint, const Exchange& exchange) {
  const std::string name = endpoint.Name();
  const auto code = ErrorCode::kUnavailable;
  switch (exchange.failure) {
    case Failure::kNameUnknown:
      return MakeError(code, "the database's host name `" + endpoint.host + "` has no address",
                       "check its spelling and this machine's name service");
    case Failure::kRefused:
      return MakeError(code, "no connection to " + name,
                       "check that ClickHouse runs there and the port: " + std::string(kPorts));
    case Failure::kConnectTimeout:
      return MakeError(code, name + " did not answer the attempt to connect",
                       "check host, port and the firewalls between: " + std::string(kPorts));
    case Failure::kTlsHandshake:
      return HandshakeError(endpoint, exchange.detail);
    case Failure::kTlsUntrusted:
      return MakeError(code, "the TLS certificate of " + name + " is not trusted: " + exchange.detail,
                       "install the authority that signed it on this machine, or mend the certificate");
    case Failure::kTlsWrongName:
      return MakeError(code, "the TLS certificate of " + name + " is for another host name",
                       "use the host name that the certificate is for");
    default:
      return MakeError(code, name + " closed the connection before its answer was whole",
                       endpoint.secure
                           ? "try again; if it repeats, look into the server's log"
                           : "if it repeats, the port may expect TLS or not be HTTP: " + std::string(kPorts));
  }
}

}  // namespace

std::string Shorten(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  constexpr std::string_view kEllipsis = "…";
  size_t end = max_bytes - std::min(max_bytes, kEllipsis.size());
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + std::string(kEllipsis);
}

std::optional<Exception> FindException(std::string_view text, std::string_view tag, int header_code) {
  text = InsideBlock(text, tag);
  Exception exception;
  exception.code = header_code;
  auto at = FindCode(text);
  if (at != std::string_view::npos) {
    text.remove_prefix(at + std::string_view("Code: ").size());
    exception.code = LeadingNumber(text);
    text = Trim(text.substr(text.find_first_of(".,") + 1));
  } else if (header_code == 0) {
    return std::nullopt;
  }
  DropPrefix(text, "e.displayText() = ");
  DropClass(text);
  CutAt(text, ", e.what() = ");
  CutAt(text, " (version ");
  text = Trim(text);
  exception.name = TakeName(text);
  exception.text = std::string(text);
  return exception;
}

Error ToError(const Exception& exception) {
  std::string message = Shorten(ShortenExpected(exception.text), kMaxMessageBytes);
  if (message.empty()) message = "the database reported exception " + std::to_string(exception.code);
  if (!exception.name.empty()) message += " (" + exception.name + ")";
  Known known = Lookup(exception.code);
  Error error = MakeError(known.code, std::move(message), std::string(known.hint));
  error.database_code = exception.code;
  if (error.code == ErrorCode::kSyntaxError) error.position = PositionOf(exception.text);
  return error;
}

Error NetworkError(const Endpoint& endpoint, const Exchange& exchange) {
  Error error = endpoint.unix_socket.empty() ? TcpError(endpoint, exchange) : SocketError(endpoint, exchange);
  error.unsent = !exchange.sent;
  return error;
}

Error ForeignReply(const Endpoint& endpoint, int status, std::string_view body) {
  const auto code = ErrorCode::kUnavailable;
  const std::string name = endpoint.Name();
  if (Contains(body, "is for clickhouse-client program")) {
    return MakeError(code, name + " is ClickHouse's native protocol, not HTTP",
                     "use the other port: " + std::string(kPorts));
  }
  if (Contains(body, "HTTP request was sent to HTTPS port") || Contains(body, "HTTP request to an HTTPS server")) {
    return MakeError(code, name + " expects TLS", "turn TLS on for this connection");
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
                       Shorten(Trim(body), 120) + "\"",
                   "check host and port: " + std::string(kPorts));
}

}  // namespace chimera::clickhouse
