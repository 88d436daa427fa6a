#include "engine/query_run.h"

#include <algorithm>

#include "base/text.h"
#include "engine/exception.h"
#include "engine/read_only.h"
#include "sql/lexer.h"

namespace chimera::engine {
namespace {

// Of a text that is not an INSERT's data; well above ClickHouse's own max_query_size.
constexpr size_t kMaxTextBytes = 16u << 20;

/// Sixteen lower-case letters that no result can be expected to hold.
std::string NewExceptionTag() {
  std::string tag = RandomHex(8);
  for (char& c : tag) c = static_cast<char>(c <= '9' ? 'g' + (c - '0') : c);
  return tag;
}

}  // namespace

Pairs QueryHeaders(const Database& database, const std::string& query_id) {
  return {{"X-ClickHouse-Query-Id", query_id},
          {"X-ClickHouse-Timezone", database.Timezone()},
          {"X-ClickHouse-Server-Display-Name", database.DisplayName()}};
}

void QueryRun::Take(std::string_view piece) {
  if (Failed()) return;
  if (inserting_) return Append(piece);
  if (text_.empty() && !request_.sql.empty()) {
    // The head may be complete in ?query=; the body then is data from its first byte on.
    text_ = request_.sql + "\n";
    LookForInsert();
    if (inserting_ || failure_) return Take(piece);
  }
  text_.append(piece);
  if (!looked_ && text_.size() >= kMaxInsertHead) {
    looked_ = true;
    LookForInsert();
  }
  if (!inserting_ && text_.size() > kMaxTextBytes) {
    failure_ = Exception(kQueryIsTooLarge,
                         "The text of the query is longer than 16 MiB. Send data as "
                         "INSERT … FORMAT …, which has no limit.");
  }
}

void QueryRun::Append(std::string_view data) {
  refused_ = !inserting_->insert->Append(data);
}

void QueryRun::LookForInsert() {
  const auto head = FindInsertHead(text_);
  if (!head) return;
  if (Status started = StartInsert(*head); !started) {
    failure_ = started.error();
    return;
  }
  Append(std::string_view(text_).substr(head->data_offset));
  text_.clear();
}

Status QueryRun::StartInsert(const InsertHead& head) {
  if (Status may = MayWrite(); !may) return may;
  if (ReadsOnly()) return Exception(kReadonly, request_.account.name + ": Cannot execute query in readonly mode.");
  auto ticket = Enter(head.sql, false);
  if (!ticket) return ticket.error();
  auto connection = sessions_.Open(request_);
  if (!connection) return connection.error();
  auto insert = (*connection)->StartInsert({head.sql, head.format, request_.parameters});
  if (!insert) return insert.error();
  request_.format = head.format;
  inserting_.emplace(Inserting{std::move(*ticket), std::move(*connection), std::move(*insert)});
  return Ok();
}

Result<Answer> QueryRun::Finish() {
  if (!inserting_ && !failure_ && text_.empty()) text_ = request_.sql;
  if (!inserting_ && !failure_ && !looked_) LookForInsert();
  if (failure_) return *failure_;
  if (inserting_) return FinishInsert();
  auto statement = ReadStatement(text_);
  if (!statement) return statement.error();
  if (!statement->reads_only) {
    if (Status may = MayWrite(); !may) return may.error();
  }
  if (!statement->format.empty()) request_.format = statement->format;
  if (statement->route == Route::kKillQuery) return RunKill(*statement);
  return CanStream(*statement) ? RunSelect(*statement) : RunWhole(*statement);
}

bool QueryRun::CanStream(const Statement& statement) const {
  const auto frames = [](const auto& setting) {
    return setting.first == "extremes" || setting.first == "output_format_json_array_of_rows";
  };
  return statement.route == Route::kSelect && !statement.framed && !request_.whole && IsStreamable(request_.format) &&
         std::ranges::none_of(request_.settings, frames);
}

Result<RunningQueries::Ticket> QueryRun::Enter(std::string text, bool reads_only) {
  const bool ends_with_client = reads_only && request_.ends_with_client;
  return running_.Enter({request_.query_id, request_.account.name, std::move(text), ends_with_client, client_left_});
}

bool QueryRun::ReadsOnly() const {
  const auto& settings = request_.settings;  // readonly is the last
  return request_.account.readonly || request_.must_read ||
         (!settings.empty() && settings.back().first == "readonly" && settings.back().second != "0");
}

/// A connection for `sql`, which it may run: readonly alone does not stop everything that reaches a file.
Result<Sessions::Lease> QueryRun::Open(std::string_view sql) {
  auto connection = sessions_.Open(request_);
  if (!connection || !ReadsOnly()) return connection;
  if (Status may = MayRead(*connection->operator->(), sql); !may) return may.error();
  return connection;
}

/// Elsewhere readonly=2 sees to it.
Status QueryRun::MayWrite() const {
  if (!request_.must_read) return Ok();
  return Exception(kReadonly, request_.account.name +
                                  ": Cannot execute query in readonly mode. For queries over HTTP, method GET implies "
                                  "readonly. You should use method POST for modifying queries.");
}

/// Read-only users end their own queries only, as on a server.
Status QueryRun::MayKill(const RunningQueries::Known& query) const {
  if (!request_.account.readonly || query.user == request_.account.name) return Ok();
  return Exception(kAccessDenied, "User " + request_.account.name + " attempts to kill query created by " + query.user);
}

Answer QueryRun::MakeAnswer(const chdb::Counts& counts) const {
  Answer answer;
  answer.content_type = database_.ContentType(request_.format);
  answer.gzip_level = request_.gzip_level;
  answer.exception_tag = NewExceptionTag();
  answer.started = started_;
  answer.headers = QueryHeaders(database_, request_.query_id);
  answer.headers.emplace_back("X-ClickHouse-Format", request_.format);
  answer.headers.emplace_back("X-ClickHouse-Summary", Summary(counts, std::chrono::steady_clock::now() - started_));
  answer.headers.emplace_back("X-ClickHouse-Exception-Tag", answer.exception_tag);
  return answer;
}

Result<Answer> QueryRun::FinishInsert() {
  const chdb::Block block = inserting_->insert->Finish();
  inserting_.reset();
  if (!block.Exception().empty()) return ParseException(block.Exception());
  return MakeAnswer(block.Counted());
}

Result<Answer> QueryRun::RunSelect(const Statement& statement) {
  auto ticket = Enter(text_, statement.reads_only);
  if (!ticket) return ticket.error();
  auto connection = Open(text_);
  if (!connection) return connection.error();
  auto stream = (*connection)->StartStream({text_, request_.format, request_.parameters});
  if (!stream) return stream.error();
  auto result =
      std::make_unique<ResultStream>(std::move(*ticket), std::move(*connection), std::move(*stream), request_.format);
  if (Status fetched = result->Prefetch(); !fetched) return fetched.error();
  Answer answer = MakeAnswer(result->Counted());
  if (!result->Ended()) {
    answer.stream = std::move(result);
    return answer;
  }
  for (std::string_view bytes = result->Next(); !bytes.empty(); bytes = result->Next()) answer.text.append(bytes);
  return answer;
}

Result<Answer> QueryRun::RunWhole(const Statement& statement) {
  auto ticket = Enter(text_, statement.reads_only);
  if (!ticket) return ticket.error();
  return RunText(text_, std::move(*ticket));
}

Result<Answer> QueryRun::RunText(const std::string& sql, RunningQueries::Ticket ticket) {
  const RunningQueries::Ticket running = std::move(ticket);
  auto connection = Open(sql);
  if (!connection) return connection.error();
  chdb::Block block = (*connection)->Query({sql, request_.format, request_.parameters});
  if (!block.Exception().empty()) return ParseException(block.Exception());
  Answer answer = MakeAnswer(block.Counted());
  answer.whole = std::move(block);
  return answer;
}

// The engine's own table of queries has its own ids, so KILL's rows are made here, in the format that was asked for.
Result<Answer> QueryRun::RunKill(const Statement& statement) {
  const auto query = running_.Find(statement.killed_query_id);
  if (query) {
    if (Status may = MayKill(*query); !may) return may.error();
  }
  if (query && !statement.kill_is_test) running_.Kill(statement.killed_query_id);
  const std::string status = statement.kill_is_test ? "unknown_status" : "waiting";
  const std::string rows = "SELECT " + sql::QuoteString(status) + " AS kill_status, " +
                           sql::QuoteString(statement.killed_query_id) + " AS query_id, " +
                           sql::QuoteString(query ? query->user : "") + " AS user, " +
                           sql::QuoteString(query ? query->text : "") + " AS query LIMIT " + (query ? "1" : "0");
  auto ticket = Enter(rows, false);
  if (!ticket) return ticket.error();
  return RunText(rows, std::move(*ticket));
}

}  // namespace chimera::engine
