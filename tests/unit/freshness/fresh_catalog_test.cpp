#include "freshness/fresh_catalog.h"

#include <gtest/gtest.h>

#include <atomic>

#include "ingest/position.h"
#include "tests/unit/freshness/datasets.h"

namespace chimera::freshness {
namespace {

using testing::kLines;
using testing::kOrders;
using testing::kVisits;
using testing::Waiting;

constexpr ingest::Position kNow = 1'795'285'800'000'000;

/// Stores what it is asked to unless it `fails`, and keeps what it was asked.
class FakeBuffer : public ingest::WriteBuffer {
 public:
  Result<ingest::Accepted> Accept(const RequestContext&, const ingest::Write&) override { return ingest::Accepted(); }

  Status Flush(const RequestContext& context, const std::vector<ingest::Destination>& tables,
               ingest::Position until) override {
    ++flushes;
    flushed = tables;
    flushed_until = until;
    time = context.deadline.Remaining();
    if (fails) return *fails;
    for (auto& backlog : backlogs) {
      if (std::find(tables.begin(), tables.end(), backlog.to) == tables.end() || backlog.oldest > until) continue;
      backlog.rows = 0;
      backlog.oldest = 0;
    }
    return Ok();
  }

  Result<std::vector<ingest::Backlog>> Backlogs(const RequestContext& context) override {
    ++looks;
    look_time = context.deadline.Remaining();
    if (away) return *away;
    return backlogs;
  }

  Result<std::vector<ingest::Entry>> Waiting(const RequestContext&, const ingest::Destination&,
                                             const ingest::BatchLimits&) override {
    ADD_FAILURE() << "a read through the catalogue takes no rows out of the buffer";
    return std::vector<ingest::Entry>();
  }

  std::vector<ingest::Backlog> backlogs;
  std::optional<Error> fails, away;
  int flushes = 0, looks = 0;
  std::vector<ingest::Destination> flushed;
  ingest::Position flushed_until = 0;
  std::chrono::milliseconds time{}, look_time{};
};

mcp::ToolDefinition Tool(const std::string& name, Json properties, bool read_only = true) {
  mcp::ToolDefinition tool;
  tool.name = name;
  tool.input_schema = {{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  tool.output_schema = {{"type", "object"}, {"properties", {{"rows", {{"type", "array"}}}}}};
  tool.annotations.read_only = read_only;
  return tool;
}

/// Answers with no rows, and remembers the arguments, and how often the buffer had been looked at.
class FakeTools : public mcp::ToolCatalog {
 public:
  explicit FakeTools(FakeBuffer& buffer) : buffer_(buffer) {}

  const std::vector<mcp::ToolDefinition>& Definitions() const override { return definitions_; }
  bool Has(std::string_view) const override { return true; }
  std::string Suggestion(std::string_view) const override { return ""; }
  mcp::ToolResult Call(const mcp::CallContext&, std::string_view, std::string_view arguments) override {
    ++calls;
    last_arguments = arguments;
    looks_before = buffer_.looks;
    if (fails) return {"it failed", "", {}, true};
    return {"0 rows.\n{\"rows\":[]}", R"({"rows":[]})", {}, false};
  }

  int calls = 0, looks_before = 0;
  bool fails = false;
  std::string last_arguments;

 private:
  FakeBuffer& buffer_;
  const Json text_ = {{"type", "string"}};
  const std::vector<mcp::ToolDefinition> definitions_ = {
      Tool("query", {{"sql", text_}}),
      Tool("query.trend", {{"table", text_}}),
      Tool("get.orders", Json::object()),
      Tool("insert.orders", Json::object(), false),
      Tool("timestore.read", {{"table", text_}, {"require_fresh", {{"type", "boolean"}}}}),
      Tool("timestore.datasets", Json::object()),
      Tool("get.ingest_status", Json::object())};
};

class FreshCatalogTest : public ::testing::Test {
 protected:
  mcp::ToolResult Call(const std::string& tool, const Json& arguments) {
    return catalog_.Call(context_, tool, ToText(arguments));
  }
  Json FreshnessOf(const std::string& tool, const Json& arguments) {
    const mcp::ToolResult result = Call(tool, arguments);
    EXPECT_FALSE(result.is_error) << result.text;
    return Json::parse(result.structured_json).value("freshness", Json());
  }
  static Json ErrorOf(const mcp::ToolResult& result) {
    EXPECT_TRUE(result.is_error) << result.text;
    return result.is_error ? Json::parse(result.meta_json)["chimera/error"] : Json::object();
  }
  const mcp::ToolDefinition& Definition(const std::string& name) const {
    const auto& all = catalog_.Definitions();
    return *std::find_if(all.begin(), all.end(), [&](const auto& tool) { return tool.name == name; });
  }
  /// Two rows of orders wait for 3 s, five of lines for 2 s; something came for visits a second ago and is stored.
  void Fill() {
    buffer_.backlogs = {Waiting(kLines, 5, kNow - 2'000'000, kNow - 1'500'000),
                        Waiting(kOrders, 2, kNow - 3'000'000, kNow - 2'500'000),
                        Waiting(kVisits, 0, 0, kNow - 1'000'000)};
  }

  FakeBuffer buffer_;
  FakeTools tools_{buffer_};
  FreshCatalog catalog_{tools_,
                        buffer_,
                        testing::Datasets(),
                        {.wait = std::chrono::milliseconds(1500),
                         .look = std::chrono::milliseconds(700),
                         .default_database = "main",
                         .clock = [] { return Instant(std::chrono::microseconds(kNow)); }}};
  mcp::CallContext context_;
  const Json orders_ = {{"table", "shop.orders"}};
  const Json fresh_ = {{"table", "shop.orders"}, {"require_fresh", true}};
  const Json strict_ = {{"table", "shop.orders"}, {"require_fresh", true}, {"strict", true}};
};

std::string At(ingest::Position position) {
  return ingest::PositionText(position);
}

TEST_F(FreshCatalogTest, ReadsGetTheArguments) {
  for (const char* name : {"query", "query.trend", "get.orders"}) {
    const mcp::ToolDefinition& tool = Definition(name);
    for (const char* argument : {"require_fresh", "min_watermark", "strict"}) {
      EXPECT_TRUE(tool.input_schema["properties"].contains(argument)) << name;
    }
    EXPECT_TRUE(tool.output_schema["properties"].contains("freshness")) << name;
  }
  EXPECT_TRUE(Definition("query").input_schema["properties"].contains("sql"));
}

TEST_F(FreshCatalogTest, WritesAndToolsThatTellItThemselvesAreLeftAlone) {
  Fill();
  for (const char* name : {"insert.orders", "timestore.read", "timestore.datasets", "get.ingest_status"}) {
    EXPECT_FALSE(Definition(name).input_schema["properties"].contains("strict")) << name;
    EXPECT_EQ(FreshnessOf(name, {{"require_fresh", true}}), Json()) << name;
    EXPECT_EQ(tools_.last_arguments, R"({"require_fresh":true})");
  }
  EXPECT_EQ(FreshnessOf("get_ingest_status", Json::object()), Json());
  EXPECT_EQ(buffer_.looks, 0);
}

TEST_F(FreshCatalogTest, AReadCostsOneLookAndKeepsItsArguments) {
  Fill();
  EXPECT_FALSE(catalog_.Call(context_, "query.trend", R"({ "table": "shop.orders" })").is_error);
  EXPECT_EQ(tools_.last_arguments, R"({ "table": "shop.orders" })");
  EXPECT_EQ(buffer_.looks, 1);
  EXPECT_EQ(buffer_.flushes, 0);
  EXPECT_EQ(tools_.looks_before, 1) << "what is said must hold of the read that follows";
  EXPECT_LE(buffer_.look_time, std::chrono::milliseconds(700));
}

TEST_F(FreshCatalogTest, TellsWhatWaits) {
  Fill();
  const Json waits = FreshnessOf("query_trend", orders_);
  EXPECT_EQ(waits,
            Json({{"mode", "database"}, {"age_ms", 3000}, {"watermark", At(kNow - 3'000'001)}, {"pending_rows", 2}}));
  const Json all = FreshnessOf("query", {{"sql", "SELECT 1 FROM shop.orders, lines"}});
  EXPECT_EQ(all["pending_rows"], 7);
  EXPECT_EQ(all["age_ms"], 3000);
}

TEST_F(FreshCatalogTest, WithNothingWaitingTheNewestWriteIsThere) {
  Fill();
  const Json whole = FreshnessOf("query.trend", {{"table", "shop.visits"}});
  EXPECT_EQ(whole,
            Json({{"mode", "database"}, {"age_ms", 0}, {"watermark", At(kNow - 1'000'000)}, {"pending_rows", 0}}));
  buffer_.backlogs.clear();
  EXPECT_EQ(FreshnessOf("query.trend", orders_), Json({{"mode", "database"}, {"age_ms", 0}, {"pending_rows", 0}}));
}

TEST_F(FreshCatalogTest, AClockThatWentBackMakesNoNegativeAge) {
  buffer_.backlogs = {Waiting(kOrders, 1, kNow + 5'000'000, kNow + 5'000'000)};
  EXPECT_EQ(FreshnessOf("query.trend", orders_)["age_ms"], 0);
}

TEST_F(FreshCatalogTest, RequireFreshStoresWhatTheReadTouches) {
  Fill();
  const Json freshness = FreshnessOf("query.trend", fresh_);
  EXPECT_EQ(buffer_.flushes, 1);
  EXPECT_EQ(buffer_.flushed, std::vector<ingest::Destination>{kOrders});
  EXPECT_EQ(buffer_.flushed_until, kNow - 2'500'000);
  EXPECT_LE(buffer_.time, std::chrono::milliseconds(1500));
  EXPECT_GT(buffer_.time, std::chrono::milliseconds(1000));
  EXPECT_EQ(freshness["pending_rows"], 0);
  EXPECT_EQ(freshness["watermark"], At(kNow - 1'000'000));
  EXPECT_FALSE(freshness.contains("note"));
  EXPECT_EQ(tools_.last_arguments, R"({"table":"shop.orders"})");
  EXPECT_EQ(tools_.looks_before, 2);
}

TEST_F(FreshCatalogTest, AFlushEndsWithTheCall) {
  Fill();
  context_.deadline = Deadline::After(std::chrono::milliseconds(300));
  EXPECT_FALSE(Call("query.trend", fresh_).is_error);
  EXPECT_LE(buffer_.time, std::chrono::milliseconds(300));
}

TEST_F(FreshCatalogTest, NothingToStoreIsNoFlush) {
  Fill();
  FreshnessOf("query.trend", {{"table", "shop.visits"}, {"require_fresh", true}});
  FreshnessOf("query.trend", {{"table", "shop.orders"}, {"require_fresh", false}});
  FreshnessOf("query.trend", {{"table", "shop.orders"}, {"min_watermark", At(kNow - 3'000'001)}, {"strict", true}});
  EXPECT_EQ(buffer_.flushes, 0);
  EXPECT_EQ(buffer_.looks, 3);
}

TEST_F(FreshCatalogTest, MinWatermarkStoresUpToIt) {
  Fill();
  FreshnessOf("query.trend", {{"table", "shop.orders"}, {"min_watermark", At(kNow - 2'800'000)}});
  EXPECT_EQ(buffer_.flushes, 1);
  EXPECT_EQ(buffer_.flushed_until, kNow - 2'800'000);
}

TEST_F(FreshCatalogTest, TheWatermarkOfAnAnswerIsOneToAskFor) {
  Fill();
  const Json freshness = FreshnessOf("query.trend", fresh_);
  const Json again = {{"table", "shop.orders"}, {"min_watermark", freshness["watermark"]}, {"strict", true}};
  EXPECT_EQ(FreshnessOf("query.trend", again), freshness);
}

TEST_F(FreshCatalogTest, AWatermarkThatTheBufferNeverGaveOutIsStale) {
  Fill();
  Json arguments = {{"table", "shop.orders"}, {"min_watermark", At(kNow)}};
  const Json freshness = FreshnessOf("query.trend", arguments);
  EXPECT_EQ(buffer_.flushed_until, kNow - 1'000'000) << "later writes must not keep the flush from ending";
  EXPECT_EQ(freshness["pending_rows"], 0);
  EXPECT_EQ(freshness["note"], "stale: min_watermark is newer than every write that this buffer has taken");
  arguments["strict"] = true;
  const Json error = ErrorOf(Call("query.trend", arguments));
  EXPECT_EQ(error["code"], "conflict");
  EXPECT_EQ(error["hint"], "send a position that an insert or an answer's freshness told");
  EXPECT_FALSE(error.contains("retry_after_s")) << "waiting would not help";
}

TEST_F(FreshCatalogTest, WhatIsNotStoredInTimeIsSaid) {
  Fill();
  buffer_.fails = MakeError(ErrorCode::kTimeout, "buffered rows are not stored yet");
  const Json freshness = FreshnessOf("query.trend", fresh_);
  EXPECT_EQ(freshness["pending_rows"], 2);
  EXPECT_EQ(freshness["note"], "stale: buffered rows were not stored within 1500 ms");
}

TEST_F(FreshCatalogTest, StrictRefusesWithWhenToComeBack) {
  Fill();
  buffer_.fails = MakeError(ErrorCode::kTimeout, "buffered rows are not stored yet");
  const Json late = ErrorOf(Call("query.trend", strict_));
  EXPECT_EQ(late["code"], "timeout");
  EXPECT_EQ(late["retry_after_s"], 2);
  EXPECT_EQ(late["hint"], "send the call again; without strict it is answered with what is in the database");
  buffer_.fails = MakeError(ErrorCode::kDatabaseError, "disk full");
  const mcp::ToolResult failed = Call("query.trend", strict_);
  EXPECT_EQ(ErrorOf(failed)["code"], "unavailable");
  EXPECT_EQ(ErrorOf(failed)["message"], "buffered rows cannot be stored now (database_error: disk full)");
  EXPECT_TRUE(failed.headers.empty());
  EXPECT_EQ(tools_.calls, 0);
}

TEST_F(FreshCatalogTest, OthersErrorsAreNotShownToAnAccountOfItsOwn) {
  Fill();
  buffer_.fails = MakeError(ErrorCode::kDatabaseError, "no grant for writer");
  Principal principal;
  principal.database_account = std::make_shared<DatabaseAccount>();
  context_.principal = std::make_shared<Principal>(principal);
  EXPECT_EQ(FreshnessOf("query.trend", fresh_)["note"], "stale: buffered rows cannot be stored now (database_error)");
}

TEST_F(FreshCatalogTest, ABufferThatIsAwayBreaksNoRead) {
  buffer_.away = MakeError(ErrorCode::kUnavailable, "no route to it");
  const Json expected = {{"mode", "database"},
                         {"note", "the buffer cannot be asked what waits in it (unavailable: no route to it)"}};
  EXPECT_EQ(FreshnessOf("query.trend", orders_), expected);
  EXPECT_EQ(FreshnessOf("query.trend", fresh_), expected);
  EXPECT_EQ(ErrorOf(Call("query.trend", strict_))["code"], "unavailable");
  EXPECT_EQ(buffer_.flushes, 0);
}

TEST_F(FreshCatalogTest, DeadLettersAreNotForgotten) {
  buffer_.backlogs = {Waiting(kOrders, 0, 0, kNow)};
  buffer_.backlogs[0].dead = 1;
  EXPECT_EQ(FreshnessOf("query.trend", orders_)["note"], "1 row could not be stored (dead letters)");
  EXPECT_FALSE(FreshnessOf("query.trend", {{"table", "shop.visits"}}).contains("note"));
}

TEST_F(FreshCatalogTest, ArgumentsThatDoNotFitAreListedTogether) {
  Fill();
  const Json error =
      ErrorOf(Call("query.trend", {{"tabel", "x"}, {"require_fresh", "yes"}, {"min_watermark", "now"}, {"strict", 1}}));
  EXPECT_EQ(error["code"], "invalid_argument");
  std::vector<std::string> paths;
  for (const Json& problem : error["problems"]) paths.push_back(problem["path"]);
  EXPECT_EQ(paths, (std::vector<std::string>{"tabel", "require_fresh", "strict", "min_watermark"}));
  EXPECT_EQ(ErrorOf(Call("query.trend", {{"table", "x"}, {"strict", true}}))["problems"][0]["path"], "strict");
  EXPECT_EQ(tools_.calls + buffer_.looks, 0);
}

TEST_F(FreshCatalogTest, WhatIsNoObjectIsTheToolsToRefuse) {
  catalog_.Call(context_, "query.trend", "{");
  EXPECT_EQ(tools_.last_arguments, "{");
}

TEST_F(FreshCatalogTest, ErrorsOfTheToolPassUnchanged) {
  Fill();
  tools_.fails = true;
  const mcp::ToolResult result = Call("query.trend", orders_);
  EXPECT_EQ(result.text, "it failed");
  EXPECT_EQ(result.structured_json, "");
  EXPECT_TRUE(result.headers.empty());
}

}  // namespace
}  // namespace chimera::freshness
