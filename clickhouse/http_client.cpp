// The client over HTTP: statements become requests here, replies become results or errors. Connections, waiting and
// deadlines are the pool's and the connection's.
#include "clickhouse/http_client.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "clickhouse/alarm.h"
#include "clickhouse/connection_pool.h"
#include "clickhouse/errors.h"
#include "clickhouse/query_killer.h"
#include "clickhouse/reply.h"
#include "clickhouse/request.h"

namespace chimera::clickhouse {
namespace {

double MillisecondsSince(Deadline::Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Deadline::Clock::now() - start).count();
}

Statistics ReadStatistics(const ReplyHead& head) {
  Statistics statistics;
  auto summary = ParseJson(head.Find("X-ClickHouse-Summary"));
  if (!summary || !summary->is_object()) return statistics;
  auto number = [&summary](const char* key) -> uint64_t {
    auto found = summary->find(key);
    if (found == summary->end() || !found->is_string()) return 0;
    return std::strtoull(found->get_ref<const std::string&>().c_str(), nullptr, 10);
  };
  statistics.rows_read = number("read_rows");
  statistics.bytes_read = number("read_bytes");
  return statistics;
}

class HttpClient : public Client {
 public:
  explicit HttpClient(HttpOptions options);

  Result<Rows> Read(const RequestContext& context, const Query& query) override;
  Result<Written> Write(const RequestContext& context, const Insert& insert) override;
  Status Execute(const RequestContext& context, std::string_view statement, std::string_view database) override;
  const std::string& DefaultDatabase() const override { return options_.database; }

 private:
  Endpoint MakeEndpoint() const;
  std::vector<Header> MakeHeaders() const;
  Result<Exchange> Send(const RequestContext& context, const HttpRequest& request, Receiver& receiver);
  std::optional<Error> Run(const RequestContext& context, const HttpRequest& request, TextReply& reply);
  std::optional<Error> Judge(const Exchange& exchange, const TextReply& reply) const;
  Error Abandoned(const Exchange& exchange) const;
  Error WithoutSecrets(Error error) const;

  const HttpOptions options_;
  const AccountProfile profile_ = AccountProfile::Unrestricted();
  const Endpoint endpoint_;
  const std::vector<Header> headers_;
  Alarm alarm_;
  ConnectionPool pool_;
  QueryKiller killer_;
};

HttpClient::HttpClient(HttpOptions options)
    : options_(std::move(options)),
      endpoint_(MakeEndpoint()),
      headers_(MakeHeaders()),
      pool_({.size = options_.pool_size,
             .idle_lifetime = options_.idle_lifetime,
             .make = [this] { return std::make_unique<Connection>(endpoint_, alarm_); }}),
      killer_(endpoint_, headers_, alarm_) {}

Endpoint HttpClient::MakeEndpoint() const {
  const auto& [host, port] = options_.hosts.front();
  return {.unix_socket = options_.unix_socket,
          .host = host,
          .port = port,
          .secure = options_.secure,
          .tls = options_.tls,
          .path_prefix = options_.path_prefix,
          .connect_timeout = options_.connect_timeout};
}

std::vector<Header> HttpClient::MakeHeaders() const {
  std::vector<Header> headers = {{"User-Agent", "chimera-mcp"}, {"Content-Type", "text/plain; charset=UTF-8"}};
  const auto& [username, password] = options_.account;
  if (!username.empty()) headers.push_back({"X-ClickHouse-User", username});
  if (!password.empty()) headers.push_back({"X-ClickHouse-Key", password});
  return headers;
}

Result<Rows> HttpClient::Read(const RequestContext& context, const Query& query) {
  auto start = Deadline::Clock::now();
  auto request = ReadRequest(query, profile_, options_.database, context.deadline);
  if (!request) return std::move(request).error();
  RowsReply reply(query.max_rows, query.max_bytes);
  if (auto error = Run(context, *request, reply)) return *std::move(error);
  Rows rows = reply.TakeRows();
  rows.query_id = request->query_id;
  rows.statistics = ReadStatistics(reply.Head());
  rows.statistics.elapsed_ms = MillisecondsSince(start);
  return rows;
}

Result<Written> HttpClient::Write(const RequestContext& context, const Insert& insert) {
  auto start = Deadline::Clock::now();
  HttpRequest request = WriteRequest(insert, profile_, options_.database);
  TextReply reply;
  if (auto error = Run(context, request, reply)) return *std::move(error);
  return Written{std::move(request.query_id), MillisecondsSince(start)};
}

Status HttpClient::Execute(const RequestContext& context, std::string_view statement, std::string_view database) {
  TextReply reply;
  if (auto error = Run(context, ExecuteRequest(statement, database), reply)) return *std::move(error);
  return Ok();
}

std::optional<Error> HttpClient::Run(const RequestContext& context, const HttpRequest& request, TextReply& reply) {
  auto exchange = Send(context, request, reply);
  auto error = exchange ? Judge(*exchange, reply) : std::move(exchange).error();
  if (!error) return std::nullopt;
  error->query_id = request.query_id;
  log::Debug("query " + request.query_id + " failed: " + error->message);
  return WithoutSecrets(*std::move(error));
}

Result<Exchange> HttpClient::Send(const RequestContext& context, const HttpRequest& request, Receiver& receiver) {
  auto lease = pool_.Acquire(context);
  if (!lease) return std::move(lease).error();
  Exchange exchange = (*lease)->Send({request.target, headers_, request.body}, context, receiver);
  bool whole = exchange.outcome == Outcome::kComplete;
  if (whole) lease->Keep();
  if (!whole && exchange.outcome != Outcome::kFailed && exchange.sent) killer_.Kill(request.query_id);
  return exchange;
}

/// nullopt when the reply is a result.
std::optional<Error> HttpClient::Judge(const Exchange& exchange, const TextReply& reply) const {
  if (exchange.outcome == Outcome::kExpired || exchange.outcome == Outcome::kCancelled) return Abandoned(exchange);
  if (reply.IsSettled()) return std::nullopt;
  if (auto exception = reply.FindError()) return ToError(*exception);
  const int status = reply.Head().status;
  if (status != 0 && status != 200) return ForeignReply(endpoint_, status, reply.Text());
  if (exchange.outcome == Outcome::kFailed) return NetworkError(endpoint_, exchange);
  auto format = reply.Head().Find("X-ClickHouse-Format");
  if (!reply.IsResult() && !format.empty() && format != kRowsFormat) {
    return MakeError(ErrorCode::kInvalidArgument, "the statement chooses the format " + std::string(format) + " itself",
                     "leave the FORMAT clause out");
  }
  if (!reply.IsResult()) return ForeignReply(endpoint_, status, reply.Text());
  return std::nullopt;
}

Error HttpClient::Abandoned(const Exchange& exchange) const {
  bool cancelled = exchange.outcome == Outcome::kCancelled;
  Error error = cancelled ? MakeError(ErrorCode::kCancelled, "the request was cancelled")
                : exchange.sent
                    ? MakeError(ErrorCode::kTimeout, "the database did not finish before the deadline",
                                "read less (a narrower time range, fewer columns) or allow more time")
                    : MakeError(ErrorCode::kTimeout, "no connection to " + endpoint_.Name() + " before the deadline",
                                "check that the database is reachable, or allow more time");
  error.unsent = !exchange.sent;
  return error;
}

Error HttpClient::WithoutSecrets(Error error) const {
  constexpr size_t kShortestSecret = 4;  // a shorter one would only garble the text
  const auto& secret = options_.account.password;
  if (secret.size() < kShortestSecret) return error;
  for (auto at = error.message.find(secret); at != std::string::npos; at = error.message.find(secret, at + 3)) {
    error.message.replace(at, secret.size(), "***");
  }
  return error;
}

bool HasControls(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

Status Check(const HttpOptions& options) {
  constexpr size_t kMaxSocketPath = 107;  // sun_path of unix(7), with its final NUL
  auto invalid = [](std::string message) { return MakeError(ErrorCode::kInvalidArgument, std::move(message)); };
  if (options.unix_socket.size() > kMaxSocketPath) {
    return invalid("the socket path " + options.unix_socket + " is longer than 107 bytes");
  }
  if (options.unix_socket.empty() && options.hosts.empty()) return invalid("the database has no host");
  for (const auto& [host, port] : options.hosts) {
    if (!options.unix_socket.empty()) break;
    if (host.empty() || HasControls(host)) {
      return invalid("the database's host name is empty or has control characters");
    }
    if (port < 1 || port > 65535) {
      return invalid("the database's port must be 1 to 65535, not " + std::to_string(port));
    }
  }
  if (HasControls(options.account.username) || HasControls(options.account.password)) {
    return invalid("the database's user name or password has control characters");
  }
  if (options.pool_size < 1) return invalid("the connection pool needs a size of at least 1");
  return Ok();
}

/// A peer that closed must be an error of the write, not the end of the process; OpenSSL cannot ask for that per call.
void IgnoreBrokenPipes() {
  struct sigaction action {};
  if (sigaction(SIGPIPE, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

Result<std::unique_ptr<Client>> CreateHttpClient(HttpOptions options) {
  if (auto checked = Check(options); !checked) return std::move(checked).error();
  IgnoreBrokenPipes();
  return std::unique_ptr<Client>(std::make_unique<HttpClient>(std::move(options)));
}

}  // namespace chimera::clickhouse
