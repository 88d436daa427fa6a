// The client over HTTP: statements become requests here, replies become results. Hosts, connections, waiting and
// repeating are the statement runner's.
#include "clickhouse/http_client.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

#include "base/log.h"
#include "clickhouse/advice.h"
#include "clickhouse/gzip.h"
#include "clickhouse/http_options.h"
#include "clickhouse/reply.h"
#include "clickhouse/request.h"
#include "clickhouse/statement_runner.h"

namespace chimera::clickhouse {
namespace {

// Shorter bodies gain nothing.
constexpr size_t kLeastToCompress = 1024;

double MillisecondsSince(Deadline::Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Deadline::Clock::now() - start).count();
}

/// A number of the summary that a reply has in its head; 0 where it has none.
uint64_t Summarized(const ReplyHead& head, const char* key) {
  auto summary = ParseJson(head.Find("X-ClickHouse-Summary"));
  if (!summary || !summary->is_object()) return 0;
  auto found = summary->find(key);
  if (found == summary->end() || !found->is_string()) return 0;
  return std::strtoull(found->get_ref<const std::string&>().c_str(), nullptr, 10);
}

Statistics ReadStatistics(const ReplyHead& head) {
  Statistics statistics;
  statistics.rows_read = Summarized(head, "read_rows");
  statistics.bytes_read = Summarized(head, "read_bytes");
  return statistics;
}

/// A statement that never got a name was not sent.
void Note(const RequestContext& context, const std::string& id, std::string_view sql, const StatementWork& work = {}) {
  if (context.trace != nullptr && !id.empty()) context.trace->Note(id, sql, work);
}

/// Numbers from 0 up to 1, for any thread.
class Dice {
 public:
  double Roll() {
    std::lock_guard lock(mutex_);
    return std::uniform_real_distribution<double>()(engine_);
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_{std::random_device()()};
};

/// The body of a statement, compressed once, when the first attempt asks for it.
class Body {
 public:
  explicit Body(std::string_view plain) : plain_(plain) {}
  std::string_view Plain() const { return plain_; }
  std::string_view Compressed() {
    if (!compressed_) compressed_ = Gzip(plain_);
    return *compressed_;
  }

 private:
  const std::string_view plain_;
  std::optional<std::string> compressed_;
};

class HttpClient : public Client {
 public:
  explicit HttpClient(HttpOptions options);

  Result<Rows> Read(const RequestContext& context, const Query& query) override;
  Result<uint64_t> ReadBytes(const RequestContext& context, const Query& query, const TakeBytes& take) override;
  Result<Written> Write(const RequestContext& context, const Insert& insert) override;
  Status Execute(const RequestContext& context, std::string_view statement, std::string_view database) override;
  const std::string& DefaultDatabase() const override { return options_.database; }
  ClientState State() const override { return runner_.State(); }

 private:
  Role WriterRole() const { return options_.write_account ? Role::kWriter : Role::kReader; }
  Verdict ReadOnce(const RequestContext& context, Route& route, Role role, const AccountProfile& profile,
                   const Query& query, Body& body, std::optional<Rows>& rows) const;
  Verdict Carry(const RequestContext& context, Route& route, Kind kind, Role role, const HttpRequest& request,
                Body& body, TextReply& reply, bool takes_gzip) const;
  std::optional<Error> Run(const RequestContext& context, const StatementRunner::Job& job);

  const HttpOptions options_;
  const std::vector<Header> reader_headers_;
  const std::vector<Header> writer_headers_;
  Dice dice_;
  StatementRunner runner_;
};

HttpClient::HttpClient(HttpOptions options)
    : options_(std::move(options)),
      reader_headers_(HeadersOf(options_.account)),
      writer_headers_(HeadersOf(options_.write_account.value_or(options_.account))),
      runner_(
          options_, [this] { return dice_.Roll(); },
          [this](const RequestContext& context, Route& route, Role role, const AccountProfile& profile,
                 const Query& query, std::optional<Rows>& rows) {
            Body body(query.sql);
            return ReadOnce(context, route, role, profile, query, body, rows);
          }) {}

Result<Rows> HttpClient::Read(const RequestContext& context, const Query& query) {
  auto start = Deadline::Clock::now();
  Body body(query.sql);
  std::optional<Rows> rows;
  StatementRunner::Job job;
  job.settings = &query.settings;
  job.attempt = [&](Route& route, const AccountProfile& profile) {
    return ReadOnce(context, route, Role::kReader, profile, query, body, rows);
  };
  if (auto error = Run(context, job)) {
    Note(context, error->query_id, query.sql);
    return *std::move(error);
  }
  rows->statistics.elapsed_ms = MillisecondsSince(start);
  Note(context, rows->query_id, query.sql,
       {.rows_read = rows->statistics.rows_read, .bytes_read = rows->statistics.bytes_read});
  return *std::move(rows);
}

Verdict HttpClient::ReadOnce(const RequestContext& context, Route& route, Role role, const AccountProfile& profile,
                             const Query& query, Body& body, std::optional<Rows>& rows) const {
  auto request = ReadRequest(query, profile, options_.database, context);
  if (!request) {
    Verdict verdict = Verdict::Final(std::move(request).error());
    verdict.error->unsent = true;
    return verdict;
  }
  bool takes_gzip = false;
  if (Compresses(options_, route.Host())) {
    // Without this setting, the server ignores Accept-Encoding.
    auto admitted = profile.Admit("enable_http_compression", "1");
    if (admitted) request->target += "&enable_http_compression=" + *admitted;
    takes_gzip = profile.Applies("enable_http_compression", "1");
  }
  RowsReply reply(query.max_rows, query.max_bytes, profile);
  Verdict verdict = Carry(context, route, Kind::kRead, role, *request, body, reply, takes_gzip);
  if (verdict.error) return verdict;
  rows = reply.TakeRows();
  rows->query_id = request->query_id;
  rows->statistics = ReadStatistics(reply.Head());
  return verdict;
}

Result<uint64_t> HttpClient::ReadBytes(const RequestContext& context, const Query& query, const TakeBytes& take) {
  Body body(query.sql);
  uint64_t rows = 0;
  StatementRunner::Job job;
  job.settings = &query.settings;
  job.attempt = [&](Route& route, const AccountProfile& profile) {
    auto request = BytesRequest(query, profile, options_.database, context);
    if (!request) return Verdict::Final(std::move(request).error());
    BytesReply reply(take);
    Verdict verdict = Carry(context, route, Kind::kRead, Role::kReader, *request, body, reply, false);
    if (!reply.Taken()) return Verdict::Final(reply.Taken().error());
    rows = Summarized(reply.Head(), "result_rows");
    return verdict;
  };
  if (auto error = Run(context, job)) return *std::move(error);
  return rows;
}

Result<Written> HttpClient::Write(const RequestContext& context, const Insert& insert) {
  auto start = Deadline::Clock::now();
  Insert named = insert;
  if (named.database.empty()) named.database = options_.database;
  Body body(insert.body);
  std::string query_id;
  uint64_t rows = 0;
  bool repeated = false;
  StatementRunner::Job job{.kind = Kind::kWrite, .role = WriterRole(), .insert = &named, .repeated = &repeated};
  job.attempt = [&](Route& route, const AccountProfile& profile) {
    HttpRequest request = WriteRequest(named, profile, options_.database, context);
    query_id = request.query_id;
    TextReply reply;
    Verdict verdict = Carry(context, route, Kind::kWrite, job.role, request, body, reply, false);
    rows = Summarized(reply.Head(), "written_rows");
    return verdict;
  };
  const std::string sql = InsertStatement(named, options_.database);
  if (auto error = Run(context, job)) {
    Note(context, error->query_id, sql);
    return *std::move(error);
  }
  const auto lines = static_cast<uint64_t>(std::count(insert.body.begin(), insert.body.end(), '\n'));
  Note(context, query_id, sql,
       {.rows_written = insert.format == "Parquet" ? rows : lines, .bytes_written = insert.body.size()});
  return Written{std::move(query_id), MillisecondsSince(start), rows, repeated};
}

Status HttpClient::Execute(const RequestContext& context, std::string_view statement, std::string_view database) {
  Body body(statement);
  StatementRunner::Job job{.kind = Kind::kExecute};
  job.attempt = [&](Route& route, const AccountProfile&) {
    TextReply reply;
    return Carry(context, route, Kind::kExecute, Role::kReader, ExecuteRequest(statement, database), body, reply,
                 false);
  };
  if (auto error = Run(context, job)) return *std::move(error);
  return Ok();
}

Verdict HttpClient::Carry(const RequestContext& context, Route& route, Kind kind, Role role, const HttpRequest& request,
                          Body& body, TextReply& reply, bool takes_gzip) const {
  const std::vector<Header>& asker = role == Role::kWriter ? writer_headers_ : reader_headers_;
  std::vector<Header> headers = asker;
  if (takes_gzip) headers.push_back({"Accept-Encoding", "gzip"});
  bool compresses = body.Plain().size() > kLeastToCompress && Compresses(options_, route.Host());
  if (compresses) headers.push_back({"Content-Encoding", "gzip"});
  const std::string_view text = compresses ? body.Compressed() : body.Plain();
  Verdict verdict = route.Carry(context, {kind, request.query_id, request.target, text, headers, asker}, reply);
  if (!verdict.error) return verdict;
  // All secrets at once: one may be the beginning of another.
  verdict.error->message = WithoutSecrets(std::move(verdict.error->message), options_);
  log::Debug("query " + request.query_id + " failed: " + verdict.error->message);
  return verdict;
}

std::optional<Error> HttpClient::Run(const RequestContext& context, const StatementRunner::Job& job) {
  auto error = runner_.Run(context, job);
  if (!error) return error;
  error->message = WithoutSecrets(std::move(error->message), options_);
  error->hint = WithoutSecrets(std::move(error->hint), options_);
  return WithAdvice(*std::move(error), job.kind, options_);
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
