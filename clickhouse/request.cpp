#include "clickhouse/request.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "base/text.h"
#include "clickhouse/target.h"
#include "sql/lexer.h"

namespace chimera::clickhouse {
namespace {

// What the embedded engine's front takes as a URL; ClickHouse's own http_max_uri_size is larger.
constexpr size_t kMaxTargetBytes = 65000;

Error TooLong(const Target& target) {
  return MakeError(ErrorCode::kTooLarge,
                   "the parameters of the query take " + std::to_string(target.Text().size()) +
                       " bytes; the limit is " + std::to_string(kMaxTargetBytes),
                   "pass fewer or shorter values, or select them by a subquery");
}

Target ReadTarget(const Query& query, const std::string& query_id, const std::string& database, Deadline deadline) {
  Target target;
  target.Add("query_id", query_id).Add("database", database).Add("default_format", kRowsFormat).Add("readonly", 1);
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

}  // namespace

Result<HttpRequest> ReadRequest(const Query& query, const AccountProfile& /*profile*/, const std::string& database,
                                Deadline deadline) {
  HttpRequest request{NewUuid(), {}, query.sql};
  Target target = ReadTarget(query, request.query_id, query.database.empty() ? database : query.database, deadline);
  if (target.Text().size() > kMaxTargetBytes) return TooLong(target);
  request.target = target.Text();
  return request;
}

HttpRequest WriteRequest(const Insert& insert, const AccountProfile& /*profile*/, const std::string& database) {
  HttpRequest request{NewUuid(), {}, insert.body};
  request.target = WriteTarget(insert, request.query_id, insert.database.empty() ? database : insert.database).Text();
  return request;
}

HttpRequest ExecuteRequest(std::string_view statement, std::string_view database) {
  HttpRequest request{NewUuid(), {}, statement};
  Target target;
  target.Add("query_id", request.query_id).Add("wait_end_of_query", 1);
  if (!database.empty()) target.Add("database", database);
  request.target = target.Text();
  return request;
}

}  // namespace chimera::clickhouse
