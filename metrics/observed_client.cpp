#include "metrics/observed_client.h"

#include <algorithm>

namespace chimera::metrics {
namespace {

using Clock = std::chrono::steady_clock;

template <typename T>
Outcome OutcomeOf(const Result<T>& result) {
  return result.ok() ? Outcome() : result.error().code;
}

}  // namespace

Result<clickhouse::Rows> ObservedClient::Read(const RequestContext& context, const clickhouse::Query& query) {
  const auto start = Clock::now();
  auto rows = inner_.Read(context, query);
  Statement statement{.operation = Operation::kRead, .outcome = OutcomeOf(rows), .took = Clock::now() - start};
  if (rows.ok()) {
    statement.rows_returned = rows->row_count;
    statement.bytes_returned = rows->rows_json.size();
    statement.rows_read = rows->statistics.rows_read;
    statement.bytes_read = rows->statistics.bytes_read;
  }
  Tell(statement);
  return rows;
}

Result<clickhouse::Written> ObservedClient::Write(const RequestContext& context, const clickhouse::Insert& insert) {
  const auto start = Clock::now();
  auto written = inner_.Write(context, insert);
  Statement statement{.operation = Operation::kWrite,
                      .outcome = OutcomeOf(written),
                      .took = Clock::now() - start,
                      .table = insert.table};
  // Every row is one line of the body.
  if (written.ok()) statement.rows_written = std::count(insert.body.begin(), insert.body.end(), '\n');
  Tell(statement);
  return written;
}

Status ObservedClient::Execute(const RequestContext& context, std::string_view statement, std::string_view database) {
  const auto start = Clock::now();
  Status done = inner_.Execute(context, statement, database);
  Tell({.operation = Operation::kExecute, .outcome = OutcomeOf(done), .took = Clock::now() - start});
  return done;
}

void ObservedClient::Tell(const Statement& statement) const {
  for (Observer* observer : observers_) observer->OnStatement(statement);
}

}  // namespace chimera::metrics
