#include "support/fake_client.h"

#include <optional>
#include <utility>

namespace chimera::testing {
namespace {

template <typename T>
std::optional<T> TakeFirst(std::deque<T>& queue) {
  if (queue.empty()) return std::nullopt;
  T first = std::move(queue.front());
  queue.pop_front();
  return first;
}

Error Unscripted(std::string_view what) {
  return MakeError(ErrorCode::kInternal, "the fake client has no answer for: " + std::string(what));
}

}  // namespace

void FakeClient::QueueRead(Result<clickhouse::Rows> answer) {
  std::lock_guard lock(mutex_);
  reads_.push_back(std::move(answer));
}

void FakeClient::QueueWrite(Result<clickhouse::Written> answer) {
  std::lock_guard lock(mutex_);
  writes_.push_back(std::move(answer));
}

void FakeClient::QueueExecute(Status answer) {
  std::lock_guard lock(mutex_);
  executes_.push_back(std::move(answer));
}

void FakeClient::OnRead(Reader reader) {
  std::lock_guard lock(mutex_);
  reader_ = std::move(reader);
}

void FakeClient::OnWrite(Writer writer) {
  std::lock_guard lock(mutex_);
  writer_ = std::move(writer);
}

void FakeClient::OnExecute(Executor executor) {
  std::lock_guard lock(mutex_);
  executor_ = std::move(executor);
}

std::vector<clickhouse::Query> FakeClient::Queries() const {
  std::lock_guard lock(mutex_);
  return queries_;
}

std::vector<FakeClient::RecordedInsert> FakeClient::Inserts() const {
  std::lock_guard lock(mutex_);
  return inserts_;
}

std::vector<FakeClient::RecordedStatement> FakeClient::Statements() const {
  std::lock_guard lock(mutex_);
  return statements_;
}

RequestContext FakeClient::LastContext() const {
  std::lock_guard lock(mutex_);
  return last_context_;
}

Result<clickhouse::Rows> FakeClient::Read(const RequestContext& context, const clickhouse::Query& query) {
  Reader reader;
  {
    std::lock_guard lock(mutex_);
    last_context_ = context;
    queries_.push_back(query);
    if (auto answer = TakeFirst(reads_)) return *std::move(answer);
    reader = reader_;
  }
  if (reader) return reader(query);
  return Unscripted(query.sql);
}

Result<clickhouse::Written> FakeClient::Write(const RequestContext& context, const clickhouse::Insert& insert) {
  Writer writer;
  {
    std::lock_guard lock(mutex_);
    last_context_ = context;
    inserts_.push_back(
        {insert.database, insert.table, insert.columns, std::string(insert.body), insert.deduplication_token});
    if (auto answer = TakeFirst(writes_)) return *std::move(answer);
    writer = writer_;
  }
  if (writer) return writer(insert);
  return Unscripted("INSERT INTO " + insert.table);
}

Status FakeClient::Execute(const RequestContext& context, std::string_view statement, std::string_view database) {
  Executor executor;
  {
    std::lock_guard lock(mutex_);
    last_context_ = context;
    statements_.push_back({std::string(statement), std::string(database)});
    if (auto answer = TakeFirst(executes_)) return *std::move(answer);
    executor = executor_;
  }
  if (executor) return executor(statement, database);
  return Unscripted(statement);
}

clickhouse::Rows MakeRows(std::vector<clickhouse::Column> columns, const Json& rows) {
  clickhouse::Rows made;
  made.columns = std::move(columns);
  for (const auto& row : rows) {
    if (made.row_count++ > 0) made.rows_json += ',';
    made.rows_json += ToText(row);
  }
  return made;
}

}  // namespace chimera::testing
