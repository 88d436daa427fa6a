// The client over HTTP: statements become requests here, replies become results or errors. Connections, waiting and
// deadlines are the pool's and the connection's.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "clickhouse/alarm.h"
#include "clickhouse/client.h"
#include "clickhouse/connection_pool.h"
#include "clickhouse/errors.h"
#include "clickhouse/query_killer.h"
#include "clickhouse/reply.h"
#include "clickhouse/target.h"
#include "sql/lexer.h"

namespace chimera::clickhouse {
namespace {

constexpr std::string_view kFormat = "JSONCompactEachRowWithNamesAndTypes";

// What the embedded engine's front takes as a URL; ClickHouse's own http_max_uri_size is larger.
constexpr size_t kMaxTargetBytes = 65000;

Error TooLong(const Target& target) {
  return MakeError(ErrorCode::kTooLarge,
                   "the parameters of the query take " + std::to_string(target.Text().size()) +
                       " bytes; the limit is " + std::to_string(kMaxTargetBytes),
                   "pass fewer or shorter values, or select them by a subquery");
}

double MillisecondsSince(Deadline::Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Deadline::Clock::now() - start).count();
}

Target ReadTarget(const Query& query, const std::string& query_id, const std::string& database, Deadline deadline) {
  Target target;
  target.Add("query_id", query_id).Add("database", database).Add("default_format", kFormat).Add("readonly", 1);
  if (!deadline.IsNever()) {
    auto seconds = std::chrono::ceil<std::chrono::seconds>(deadline.Remaining());
    target.Add("max_execution_time", static_cast<uint64_t>(std::max<int64_t>(seconds.count(), 1)));
  }
  // Without a cap on rows this wraps to 0, which is ClickHouse's "unlimited".
  target.Add("max_result_rows", query.max_rows + 1).Add("result_overflow_mode", "break");
  target.Add("output_format_json_quote_64bit_integers", 1).Add("output_format_json_quote_decimals", 1);
  target.Add("output_format_json_quote_denormals", 1).Add("date_time_output_format", "iso");
  target.Add("send_progress_in_http_headers", uint64_t{0}).Add("wait_end_of_query", uint64_t{0});
  for (const auto& parameter : query.parameters) target.Add(parameter);
  for (const auto& setting : query.settings) target.AddUnlessThere(setting);
  return target;
}

std::string InsertStatement(const Insert& insert, const std::string& database) {
  std::vector<std::string> columns;
  for (const auto& column : insert.columns) columns.push_back(sql::QuoteIdentifier(column));
  return "INSERT INTO " + sql::QuoteIdentifier(database) + "." + sql::QuoteIdentifier(insert.table) + " (" +
         Join(columns, ", ") + ") FORMAT JSONEachRow";
}

Target WriteTarget(const Insert& insert, const std::string& query_id, const std::string& database) {
  Target target;
  target.Add("query", InsertStatement(insert, database)).Add("query_id", query_id);
  target.Add("async_insert", uint64_t{0}).Add("insert_deduplicate", 1);
  target.Add("insert_deduplication_token", insert.deduplication_token);
  target.Add("deduplicate_blocks_in_dependent_materialized_views", 1);
  target.Add("input_format_null_as_default", uint64_t{0}).Add("input_format_skip_unknown_fields", uint64_t{0});
  target.Add("date_time_input_format", "best_effort").Add("wait_end_of_query", 1);
  return target;
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

/// A request as both ends of a call see it.
struct Call {
  std::string query_id;
  std::string target;
  std::string_view body;
};

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
  Result<Exchange> Send(const RequestContext& context, const Call& call, Receiver& receiver);
  std::optional<Error> Run(const RequestContext& context, const Call& call, TextReply& reply);
  std::optional<Error> Judge(const Exchange& exchange, const TextReply& reply) const;
  Error Abandoned(const Exchange& exchange) const;
  Error WithoutSecrets(Error error) const;

  const HttpOptions options_;
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
  return {options_.unix_socket, options_.host, options_.port, options_.secure, options_.connect_timeout};
}

std::vector<Header> HttpClient::MakeHeaders() const {
  std::vector<Header> headers = {{"User-Agent", "chimera-mcp"}, {"Content-Type", "text/plain; charset=UTF-8"}};
  if (!options_.username.empty()) headers.push_back({"X-ClickHouse-User", options_.username});
  if (!options_.password.empty()) headers.push_back({"X-ClickHouse-Key", options_.password});
  return headers;
}

Result<Rows> HttpClient::Read(const RequestContext& context, const Query& query) {
  auto start = Deadline::Clock::now();
  std::string query_id = NewUuid();
  const auto& database = query.database.empty() ? options_.database : query.database;
  Target target = ReadTarget(query, query_id, database, context.deadline);
  if (target.Text().size() > kMaxTargetBytes) return TooLong(target);
  RowsReply reply(query.max_rows, query.max_bytes);
  if (auto error = Run(context, {query_id, target.Text(), query.sql}, reply)) return *std::move(error);
  Rows rows = reply.TakeRows();
  rows.query_id = std::move(query_id);
  rows.statistics = ReadStatistics(reply.Head());
  rows.statistics.elapsed_ms = MillisecondsSince(start);
  return rows;
}

Result<Written> HttpClient::Write(const RequestContext& context, const Insert& insert) {
  auto start = Deadline::Clock::now();
  std::string query_id = NewUuid();
  const auto& database = insert.database.empty() ? options_.database : insert.database;
  TextReply reply;
  Target target = WriteTarget(insert, query_id, database);
  if (auto error = Run(context, {query_id, target.Text(), insert.body}, reply)) return *std::move(error);
  return Written{std::move(query_id), MillisecondsSince(start)};
}

Status HttpClient::Execute(const RequestContext& context, std::string_view statement, std::string_view database) {
  std::string query_id = NewUuid();
  Target target;
  target.Add("query_id", query_id).Add("wait_end_of_query", 1);
  if (!database.empty()) target.Add("database", database);
  TextReply reply;
  if (auto error = Run(context, {query_id, target.Text(), statement}, reply)) return *std::move(error);
  return Ok();
}

std::optional<Error> HttpClient::Run(const RequestContext& context, const Call& call, TextReply& reply) {
  auto exchange = Send(context, call, reply);
  auto error = exchange ? Judge(*exchange, reply) : std::move(exchange).error();
  if (!error) return std::nullopt;
  error->query_id = call.query_id;
  log::Debug("query " + call.query_id + " failed: " + error->message);
  return WithoutSecrets(*std::move(error));
}

Result<Exchange> HttpClient::Send(const RequestContext& context, const Call& call, Receiver& receiver) {
  auto lease = pool_.Acquire(context);
  if (!lease) return std::move(lease).error();
  Exchange exchange = (*lease)->Send({call.target, headers_, call.body}, context, receiver);
  bool whole = exchange.outcome == Outcome::kComplete;
  if (whole) lease->Keep();
  if (!whole && exchange.outcome != Outcome::kFailed && exchange.sent) killer_.Kill(call.query_id);
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
  if (!reply.IsResult() && !format.empty() && format != kFormat) {
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
  const auto& secret = options_.password;
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
  if (options.unix_socket.empty() && (options.host.empty() || HasControls(options.host))) {
    return invalid("the database's host name is empty or has control characters");
  }
  if (options.unix_socket.empty() && (options.port < 1 || options.port > 65535)) {
    return invalid("the database's port must be 1 to 65535, not " + std::to_string(options.port));
  }
  if (HasControls(options.username) || HasControls(options.password)) {
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
