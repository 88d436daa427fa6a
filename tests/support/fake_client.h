// A `clickhouse::Client` for the tests of tools: answers what the test scripted, records what it was asked. Answers
// come from a queue first, then from a callback; an unscripted call is an error that names the statement. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "clickhouse/client.h"

namespace chimera::testing {

class FakeClient : public clickhouse::Client {
 public:
  using Reader = std::function<Result<clickhouse::Rows>(const clickhouse::Query&)>;
  using Writer = std::function<Result<clickhouse::Written>(const clickhouse::Insert&)>;
  using Executor = std::function<Status(std::string_view statement, std::string_view database)>;

  /// A recorded insert; unlike `Insert` it owns the body.
  struct RecordedInsert {
    std::string database;
    std::string table;
    std::vector<std::string> columns;
    std::string body;
    std::string deduplication_token;
  };
  struct RecordedStatement {
    std::string statement;
    std::string database;
  };

  explicit FakeClient(std::string default_database = "default") : default_database_(std::move(default_database)) {}

  /// Answers for the next calls, each used once, in order.
  void QueueRead(Result<clickhouse::Rows> answer);
  void QueueWrite(Result<clickhouse::Written> answer);
  void QueueExecute(Status answer);

  /// Answers when the queue is empty. Called without a lock, on the thread of the call.
  void OnRead(Reader reader);
  void OnWrite(Writer writer);
  void OnExecute(Executor executor);

  std::vector<clickhouse::Query> Queries() const;
  std::vector<RecordedInsert> Inserts() const;
  std::vector<RecordedStatement> Statements() const;
  /// The context of the latest call of any kind.
  RequestContext LastContext() const;

  Result<clickhouse::Rows> Read(const RequestContext& context, const clickhouse::Query& query) override;
  Result<clickhouse::Written> Write(const RequestContext& context, const clickhouse::Insert& insert) override;
  Status Execute(const RequestContext& context, std::string_view statement, std::string_view database) override;
  const std::string& DefaultDatabase() const override { return default_database_; }

 private:
  const std::string default_database_;
  mutable std::mutex mutex_;  ///< guards everything below
  std::deque<Result<clickhouse::Rows>> reads_;
  std::deque<Result<clickhouse::Written>> writes_;
  std::deque<Status> executes_;
  Reader reader_;
  Writer writer_;
  Executor executor_;
  std::vector<clickhouse::Query> queries_;
  std::vector<RecordedInsert> inserts_;
  std::vector<RecordedStatement> statements_;
  RequestContext last_context_;
};

/// Rows as the client would return them: `rows` is a JSON array of arrays, its values as ClickHouse prints them.
clickhouse::Rows MakeRows(std::vector<clickhouse::Column> columns, const Json& rows);

}  // namespace chimera::testing
