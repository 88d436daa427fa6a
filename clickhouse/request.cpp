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

/// Adds settings to a target, as far as the account may set them.
class SettingWriter {
 public:
  SettingWriter(Target& target, const AccountProfile& profile) : target_(target), profile_(profile) {}

  SettingWriter& Add(std::string_view name, std::string value) {
    if (auto admitted = profile_.Admit(name, std::move(value))) target_.Add(name, *admitted);
    return *this;
  }
  SettingWriter& Add(std::string_view name, uint64_t value) { return Add(name, std::to_string(value)); }
  SettingWriter& AddUnlessThere(const Setting& setting) {
    if (auto admitted = profile_.Admit(setting.name, setting.value)) target_.AddUnlessThere({setting.name, *admitted});
    return *this;
  }

 private:
  Target& target_;
  const AccountProfile& profile_;
};

/// Has the server stop one row behind the cap, where that cannot cut the result in silence: not with a lower limit than
/// ours, nor where the account's limit on bytes would become one that ends results without an error.
void AddRowCap(SettingWriter& settings, const AccountProfile& profile, uint64_t rows) {
  const std::string wanted = std::to_string(rows);
  const bool ours = profile.Admit("max_result_rows", wanted) == wanted;
  const bool cuts_bytes = profile.Value("max_result_bytes").value_or("0") != "0";
  if (!ours || cuts_bytes || !profile.Applies("result_overflow_mode", "break")) return;
  settings.Add("max_result_rows", wanted).Add("result_overflow_mode", "break");
}

void AddComment(SettingWriter& settings, const RequestContext& context) {
  if (!context.log_comment.empty()) settings.Add("log_comment", context.log_comment);
}

Target ReadTarget(const Query& query, const AccountProfile& profile, const std::string& query_id,
                  const std::string& database, const RequestContext& context, bool wait_for_end) {
  Target target;
  target.Add("query_id", query_id).Add("database", database).Add("default_format", kRowsFormat);
  target.Add("wait_end_of_query", uint64_t{wait_for_end});
  SettingWriter settings(target, profile);
  settings.Add("readonly", 1);
  if (!context.deadline.IsNever()) {
    auto seconds = std::chrono::ceil<std::chrono::seconds>(context.deadline.Remaining());
    settings.Add("max_execution_time", static_cast<uint64_t>(std::max<int64_t>(seconds.count(), 1)));
  }
  // Without a cap on rows this wraps to 0, which is ClickHouse's "unlimited".
  AddRowCap(settings, profile, query.max_rows + 1);
  settings.Add("output_format_json_quote_64bit_integers", 1).Add("output_format_json_quote_decimals", 1);
  settings.Add("output_format_json_quote_denormals", 1).Add("date_time_output_format", "iso");
  settings.Add("cancel_http_readonly_queries_on_client_close", 1);
  settings.Add("send_progress_in_http_headers", uint64_t{0});
  AddComment(settings, context);
  for (const auto& parameter : query.parameters) target.Add(parameter);
  for (const auto& setting : profile.Corrections()) settings.AddUnlessThere(setting);
  for (const auto& setting : query.settings) settings.AddUnlessThere(setting);
  return target;
}

/// The settings that keep a batch from being stored twice or lost are always sent: an account that may not set them is
/// told so by the server.
Target WriteTarget(const Insert& insert, const AccountProfile& profile, const std::string& query_id,
                   const std::string& database, const RequestContext& context) {
  Target target;
  target.Add("query", InsertStatement(insert, database)).Add("query_id", query_id).Add("wait_end_of_query", 1);
  target.Add("async_insert", uint64_t{0}).Add("insert_deduplicate", 1);
  target.Add("insert_distributed_sync", 1);  // a Distributed table would answer before its shards have the rows
  target.Add("insert_deduplication_token", insert.deduplication_token);
  target.Add("deduplicate_blocks_in_dependent_materialized_views", 1);
  SettingWriter settings(target, profile);
  settings.Add("input_format_null_as_default", uint64_t{0}).Add("input_format_skip_unknown_fields", uint64_t{0});
  settings.Add("date_time_input_format", "best_effort");
  AddComment(settings, context);
  for (const auto& setting : insert.settings) settings.AddUnlessThere(setting);
  return target;
}

Result<HttpRequest> QueryRequest(const Query& query, const AccountProfile& profile, const std::string& database,
                                 const RequestContext& context, bool wait_for_end) {
  HttpRequest request{NewUuid(), {}, query.sql};
  const std::string& used = query.database.empty() ? database : query.database;
  const Target target = ReadTarget(query, profile, request.query_id, used, context, wait_for_end);
  if (target.Text().size() > kMaxTargetBytes) return TooLong(target);
  request.target = target.Text();
  return request;
}

}  // namespace

std::string InsertStatement(const Insert& insert, const std::string& database) {
  std::vector<std::string> columns;
  for (const auto& column : insert.columns) columns.push_back(sql::QuoteIdentifier(column));
  return "INSERT INTO " + sql::QuoteIdentifier(insert.database.empty() ? database : insert.database) + "." +
         sql::QuoteIdentifier(insert.table) + " (" + Join(columns, ", ") + ") FORMAT " + std::string(insert.format);
}

Result<HttpRequest> ReadRequest(const Query& query, const AccountProfile& profile, const std::string& database,
                                const RequestContext& context) {
  return QueryRequest(query, profile, database, context, false);
}

Result<HttpRequest> BytesRequest(const Query& query, const AccountProfile& profile, const std::string& database,
                                 const RequestContext& context) {
  return QueryRequest(query, profile, database, context, true);
}

HttpRequest WriteRequest(const Insert& insert, const AccountProfile& profile, const std::string& database,
                         const RequestContext& context) {
  HttpRequest request{NewUuid(), {}, insert.body};
  request.target =
      WriteTarget(insert, profile, request.query_id, insert.database.empty() ? database : insert.database, context)
          .Text();
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
