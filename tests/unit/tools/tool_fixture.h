// What the tests of tools share: a fake database with the table chimera_metrics.bench_runs, and calls whose answers are
// always checked against the tool's own output schema.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/schema_check.h"
#include "support/fake_client.h"
#include "tools/catalog.h"
#include "tools/tool.h"

namespace chimera::tools {

inline bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

class ToolFixture : public ::testing::Test {
 protected:
  ToolFixture() {
    client_.OnRead([this](const clickhouse::Query& query) { return Answered(query); });
  }

  /// Answers of the tool's own statement, in order; the catalogue's statements are answered by themselves.
  void Reply(const Json& rows, std::vector<clickhouse::Column> columns = {}) {
    replies_.push_back(testing::MakeRows(std::move(columns), rows));
  }
  void ReplyRows(clickhouse::Rows rows) { replies_.push_back(std::move(rows)); }
  void ReplyTruncated(const Json& rows, bool by_bytes = false) {
    Reply(rows);
    replies_.back().value().truncated = true;
    replies_.back().value().truncated_by_bytes = by_bytes;
  }
  void ReplyWithNotes(const Json& rows, std::vector<std::string> notes) {
    Reply(rows);
    replies_.back().value().notes = std::move(notes);
  }
  void ReplyError(Error error) { replies_.push_back(std::move(error)); }

  /// The answer, which must be one, and must fit the output schema.
  Json Call(Tool& tool, const Json& arguments) {
    auto answer = tool.Run({}, ToText(arguments));
    if (!answer) {
      ADD_FAILURE() << answer.error().message << ToText(Problems(answer.error()));
      return Json::object();
    }
    summary_ = answer->summary;
    const auto json = ParseJson(answer->structured_json);
    if (!json) {
      ADD_FAILURE() << "not JSON: " << answer->structured_json;
      return Json::object();
    }
    for (const auto& problem : CheckSchema(*json, tool.Definition().output_schema)) {
      ADD_FAILURE() << "output schema: " << problem.path << " " << problem.message << " " << problem.value;
    }
    return *json;
  }

  /// The error, which must be one.
  Error CallBadly(Tool& tool, const Json& arguments) {
    auto answer = tool.Run({}, ToText(arguments));
    if (!answer) return answer.error();
    ADD_FAILURE() << "expected an error, got " << answer->structured_json;
    return {};
  }

  static Json Problems(const Error& error) {
    Json problems = Json::array();
    for (const auto& problem : error.problems)
      problems.push_back({problem.path, problem.message, problem.value, problem.hint});
    return problems;
  }

  /// The paths of the problems, sorted.
  static std::vector<std::string> Paths(const Error& error) {
    std::vector<std::string> paths;
    for (const auto& problem : error.problems) paths.push_back(problem.path);
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  /// The statement that the tool sent last, without those of the catalogue.
  clickhouse::Query LastQuery() const { return own_queries_.empty() ? clickhouse::Query{} : own_queries_.back(); }
  size_t QueryCount() const { return own_queries_.size(); }

  testing::FakeClient client_{"chimera_metrics"};
  Catalog catalog_{client_};
  std::string summary_;

 private:
  Result<clickhouse::Rows> Answered(const clickhouse::Query& query) {
    if (Contains(query.sql, "SELECT t.database, t.name")) return testing::MakeRows({}, TableRows(query));
    if (Contains(query.sql, "concat(database, '.', name)")) {
      return testing::MakeRows({}, Json::parse(R"([["bench_runs"], ["visits"], ["other.events"]])"));
    }
    own_queries_.push_back(query);
    if (replies_.empty()) return MakeError(ErrorCode::kInternal, "no reply for: " + query.sql);
    auto reply = replies_.front();
    replies_.pop_front();
    return reply;
  }

  static Json TableRows(const clickhouse::Query& query) {
    if (query.parameters[0].value != "chimera_metrics") return Json::array();
    const std::string& table = query.parameters[1].value;
    Json rows = Json::array();
    const auto add = [&](const std::string& engine, const std::string& key, const std::string& columns) {
      for (const auto& column : Json::parse(columns))
        rows.push_back({"chimera_metrics", table, engine, key, "", column[0], column[1], ""});
    };
    if (table == "bench_runs") {
      add("ReplacingMergeTree", "model, run_id",
          R"json([["ts", "DateTime64(3, 'UTC')"], ["run_id", "UUID"], ["model", "LowCardinality(String)"], ["latency_p95_ms", "UInt32"],
              ["cost_per_1k", "Decimal(10, 6)"], ["note", "Nullable(String)"], ["tags", "Array(String)"]])json");
    }
    if (table == "visits")
      add("MergeTree", "id", R"([["id", "UInt64"], ["opened", "DateTime"], ["closed", "DateTime"]])");
    if (table == "daily") add("MergeTree", "day", R"([["day", "Date"], ["visits", "UInt64"]])");
    return rows;
  }

  std::deque<Result<clickhouse::Rows>> replies_;
  std::vector<clickhouse::Query> own_queries_;
};

}  // namespace chimera::tools
