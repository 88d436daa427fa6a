// Pages, prompts and suggestions over a real database: of every dataset, and of tables that are made to be awkward.
#include <algorithm>

#include "engine_contract.h"
#include "guide/completion.h"
#include "guide/prompts.h"
#include "guide/resources.h"
#include "guide/table_uri.h"
#include "schema/migrator.h"

namespace chimera::guide {
namespace {

const ToolNames kWords = {.spell = [](std::string text) { return text; }};
constexpr Patience kPatient{
    .call = std::chrono::seconds(60), .ranges = std::chrono::seconds(60), .quick = std::chrono::seconds(60)};

mcp::CallContext CallContextOf() {
  mcp::CallContext context;
  static_cast<RequestContext&>(context) = Context();
  return context;
}

class GuideContract : public EngineContract {
 protected:
  static void SetUpTestSuite() {
    EngineContract::SetUpTestSuite();
    if (!client_) return;
    for (const auto& dataset : datasets_) {
      if (dataset.demo_sql.empty()) continue;
      EXPECT_TRUE(schema::LoadDemo(Context(), *client_, dataset).ok()) << dataset.name;
    }
  }

  static void Execute(const std::string& statement) {
    const Status done = client_->Execute(Context(), statement, "");
    ASSERT_TRUE(done.ok()) << statement << ": " << done.error().message;
  }
  static std::string Page(const std::string& database, const std::string& table) {
    Resources resources(*client_, datasets_, kPatient, kWords);
    const auto read = resources.Read(CallContextOf(), TableUri(database, table));
    if (!read.ok()) return "error: " + read.error().message;
    return *read ? std::get<std::vector<mcp::ResourceContents>>(**read).at(0).text : "nothing";
  }
  static void ExpectPage(const std::string& table, const std::vector<std::string>& parts) {
    const std::string page = Page("odd", table);
    for (const auto& part : parts) EXPECT_NE(page.find(part), std::string::npos) << part << " in:\n" << page;
  }
  static mcp::Completion Complete(const mcp::CompletionRequest& request) {
    auto found = Suggestions(*client_, datasets_, kPatient).Complete(CallContextOf(), request);
    EXPECT_TRUE(found.ok()) << request.name << " " << request.argument << ": " << found.error().message;
    return found.ok() ? *std::move(found) : mcp::Completion();
  }
};

TEST_F(GuideContract, EveryListedResourceHasAPage) {
  Resources resources(*client_, datasets_, kPatient, kWords);
  const auto list = resources.List(CallContextOf());
  ASSERT_TRUE(list.ok()) << list.error().message;
  size_t tables = 0;
  for (const auto& dataset : datasets_) tables += dataset.inserts.size();
  EXPECT_GE(list->size(), datasets_.size() + tables);
  for (const auto& one : *list) {
    const auto read = resources.Read(CallContextOf(), one.uri);
    EXPECT_TRUE(read.ok() && read->has_value()) << one.uri;
  }
}

TEST_F(GuideContract, EveryPromptIsFilledAndItsArgumentsCompleted) {
  Prompts prompts(*client_, datasets_, kPatient, kWords);
  for (const auto& dataset : datasets_) {
    for (const auto& prompt : dataset.prompts) {
      Json arguments = Json::object();
      for (const auto& argument : prompt.arguments) {
        const auto found = Complete({true, prompt.name, argument.name, "", arguments});
        const bool free = argument.values.kind == schema::ValueSource::Kind::kNone;
        EXPECT_EQ(found.values.empty(), free) << prompt.name << " " << argument.name;
        arguments[argument.name] = free ? "why?" : found.values.front();
      }
      const auto filled = prompts.Fill(CallContextOf(), prompt.name, arguments);
      EXPECT_TRUE(filled.ok()) << prompt.name << ": " << filled.error().message;
    }
  }
}

TEST_F(GuideContract, PagesOfAwkwardTables) {
  Execute("CREATE DATABASE IF NOT EXISTS odd");
  Execute(
      "CREATE TABLE odd.`a b``/'x` (`ü` Date32, `n` Nullable(DateTime('America/New_York')) ALIAS now()) "
      "ENGINE = MergeTree ORDER BY `ü` TTL `ü` + INTERVAL 1 YEAR COMMENT 'one\n# two'");
  Execute("INSERT INTO odd.`a b``/'x` VALUES ('2026-01-02')");
  ExpectPage("a b`/'x", {"\none # two\n", "- TTL: `ü` + toIntervalYear(1)\n", "from 2026-01-02T00:00:00Z",
                         "FROM odd.`a b\\`/'x` WHERE", "ALIAS now()"});
  Execute("CREATE TABLE odd.ttl (ttl DateTime('America/New_York')) ENGINE = MergeTree ORDER BY ttl");
  Execute("INSERT INTO odd.ttl VALUES ('2026-01-02 00:00:00')");
  ExpectPage("ttl", {"- TTL: none", "`ttl` from 2026-01-02T05:00:00Z"});
  Execute(
      "CREATE TABLE odd.sums (k UInt8, n SimpleAggregateFunction(sum, UInt64)) ENGINE = AggregatingMergeTree ORDER BY "
      "k");
  ExpectPage("sums", {"Engine: AggregatingMergeTree. ", "odd.sums FINAL"});
  Execute("CREATE VIEW odd.seen AS SELECT k FROM odd.sums");
  ExpectPage("seen", {"Engine: View. A view"});
  Execute("CREATE MATERIALIZED VIEW odd.filled TO odd.sums AS SELECT 1 AS k, 2 AS n FROM odd.ttl");
  ExpectPage("filled", {"Engine: MaterializedView. ", "`k`"});
  EXPECT_EQ(Page("odd", "nothing"), "nothing");
  EXPECT_EQ(Page("odd", "sums' OR 1 = 1 --"), "nothing");
  EXPECT_EQ(Page("system", "query_log"), "nothing");
}

TEST_F(GuideContract, SuggestionsRankWhatBeginsWithTheTextFirst) {
  const std::string name(kTableTemplate);
  EXPECT_EQ(Complete({false, name, "table", "E", {{"database", "chimera_metrics"}}}).values.front(), "episodes");
  EXPECT_TRUE(Complete({false, name, "table", "%", {{"database", "chimera_metrics"}}}).values.empty());
  EXPECT_TRUE(Complete({false, name, "table", "'", {{"database", "it's"}}}).values.empty());
  const auto settings = Complete({false, name, "table", "", {{"database", "system"}}}).values;
  EXPECT_EQ(std::count(settings.begin(), settings.end(), "query_log"), 0);
  Execute("CREATE DATABASE IF NOT EXISTS many");
  for (int i = 0; i < 110; ++i) Execute("CREATE TABLE many.t" + std::to_string(i) + " (n UInt8) ENGINE = Memory");
  const auto many = Complete({false, name, "table", "t", {{"database", "many"}}});
  EXPECT_EQ(many.values.size(), 100u);
  EXPECT_EQ(many.total, 110u);
}

}  // namespace
}  // namespace chimera::guide
