// What protected columns store and show: forms in a text, the treatment of one column, and the tools that keep to it.
#include "tools/privacy.h"

#include <gtest/gtest.h>

#include "tool_fixture.h"
#include "tools/masking.h"
#include "tools/row_rewriter.h"
#include "tools/toolset.h"

namespace chimera::tools {
namespace {

using schema::Protection;

constexpr char kKey[] = "0123456789abcdef0123456789abcdef";

TEST(Masking, FindsAddressesOfPeople) {
  EXPECT_EQ(MaskEmails("write to ana.b+c@mail.example.org."), "write to <email>.");
  EXPECT_EQ(MaskEmails("<ana@b>, \"x@y.z\";a@b"), "<<email>>, \"<email>\";<email>");
  EXPECT_EQ(MaskEmails(R"({"m":"line\nana@b.c"})"), R"({"m":"line\n<email>"})") << "an escape stays one";
  EXPECT_EQ(MaskEmails(R"({"m":"\u00e9ana@b.c"})"), R"({"m":"\u00e9<email>"})");
  EXPECT_EQ(MaskEmails(R"({"m":"ana\u0040b.c"})"), R"({"m":"<email>"})");
  EXPECT_EQ(MaskEmails("a@b@c.d"), "<email>@c.d");
  for (const char* text : {"", "@", "@name", "5 @ 3", "ana at b.c", "a@ b"}) EXPECT_EQ(MaskEmails(text), text);
}

TEST(Masking, FindsAddressesOfMachines) {
  EXPECT_EQ(MaskIps("from 10.1.2.3, port 80"), "from <ip>, port 80");
  EXPECT_EQ(MaskIps("10.1.2.3:8080 and [2001:db8::1]:80. ::1"), "<ip>:8080 and [<ip>]:80. <ip>");
  for (const char* text : {"", "1.2.3", "12:30:45", "v1.2.3.4.5", "256.1.1.1", "abc", "x10.1.2.3"}) {
    EXPECT_EQ(MaskIps(text), text);
  }
}

Protector Of(Protection protection, std::vector<std::string> what = {}) {
  return Protector({.table = "t", .column = "c", .protection = protection, .what = std::move(what)},
                   std::make_shared<const std::string>(kKey));
}

TEST(Protector, HashesWithTheKeyAndOnlyOnce) {
  const Protector hash = Of(Protection::kHash);
  const std::string stored = hash.Stored(R"("ana")", "null");
  EXPECT_EQ(stored, "\"" + KeyedHash(kKey, "ana") + "\"");
  EXPECT_EQ(KeyedHash("key", "The quick brown fox jumps over the lazy dog"), "hmac:f7bc83f430538424b13298e6aa6fb143");
  EXPECT_EQ(hash.Stored(R"("\u0061na")", "null"), stored) << "equal values stay equal, however they are written";
  EXPECT_NE(hash.Stored(R"("anb")", "null"), stored);
  EXPECT_EQ(hash.Shown(stored), stored) << "what is hashed already is shown as it is";
  EXPECT_EQ(hash.Shown(R"("ana")"), stored);
  EXPECT_EQ(hash.Shown(R"("")"), R"("")");
  EXPECT_EQ(hash.Shown("null"), "null");
}

TEST(Protector, MasksAndDrops) {
  EXPECT_EQ(Of(Protection::kMask).Shown(R"("ana \"b\"")"), R"("***")");
  EXPECT_EQ(Of(Protection::kMask, {"email"}).Shown(R"("a\"b\" ana@b.c")"), R"("a\"b\" <email>")");
  EXPECT_EQ(Of(Protection::kMask, {"email"}).Shown(R"("a\u0040b")"), R"("<email>")");
  EXPECT_EQ(Of(Protection::kMask, {"email", "ip"}).Shown(R"("a@b 1.2.3.4")"), R"("<email> <ip>")");
  EXPECT_EQ(Of(Protection::kMask).Shown(R"(["a"])"), R"("***")");
  EXPECT_EQ(Of(Protection::kDrop).Shown(R"("ana")"), "null");
  EXPECT_EQ(Of(Protection::kDrop).Stored(R"("ana")", R"("none")"), R"("none")");
}

TEST(RowRewriter, LeavesOtherCellsAsTheyAre) {
  clickhouse::Rows rows;
  rows.rows_json = R"(["a\/b", 1.10, "18446744073709551615", [1, "x"]],["c", null, "", []])";
  const auto first = [](size_t column, std::string_view value) { return column == 0 ? "0" : std::string(value); };
  ASSERT_TRUE(RewriteCells(rows, first));
  EXPECT_EQ(rows.rows_json, R"([0,1.10,"18446744073709551615",[1, "x"]],[0,null,"",[]])");
  rows.rows_json = "";
  ASSERT_TRUE(RewriteCells(rows, first));
  EXPECT_EQ(rows.rows_json, "");
  rows.rows_json = R"(["a)";
  EXPECT_FALSE(RewriteCells(rows, first));
  EXPECT_EQ(rows.rows_json, "") << "nothing is shown that could not be treated";
}

schema::Dataset Metrics() {
  schema::Dataset dataset;
  dataset.name = "metrics";
  dataset.database = "chimera_metrics";
  dataset.privacy = {{.table = "bench_runs", .column = "note", .protection = Protection::kHash, .what = {}},
                     {.table = "visits", .column = "note", .protection = Protection::kMask, .what = {"email"}}};
  return dataset;
}

std::shared_ptr<const Privacy> PrivacyOf(std::vector<schema::Dataset> datasets, bool exempt_admins = false) {
  auto privacy = Privacy::Create(datasets, kKey, exempt_admins);
  EXPECT_TRUE(privacy.ok()) << privacy.error().message;
  return privacy.ok() ? *privacy : nullptr;
}

class PrivateTools : public ToolFixture {
 protected:
  std::shared_ptr<const Privacy> privacy_ = PrivacyOf({Metrics()}, true);
  std::unique_ptr<Tool> query_ = CreateQueryTool(client_, catalog_, {.privacy = privacy_});
};

TEST_F(PrivateTools, TreatTheColumnWhereItPassesThrough) {
  Reply(Json::parse(R"([["fast", 3], [null, 1]])"), {{"b.note", "Nullable(String)"}, {"count()", "UInt64"}});
  const Json answer = Call(*query_, {{"sql", "SELECT b.note, count() FROM bench_runs b GROUP BY b.note"}});
  EXPECT_EQ(answer["rows"][0][0], KeyedHash(kKey, "fast"));
  EXPECT_EQ(answer["rows"][0][1], 3);
  EXPECT_TRUE(answer["rows"][1][0].is_null());
  EXPECT_TRUE(Contains(ToText(answer["notes"]), "`b.note` is shown as a keyed hash (privacy)"));
}

TEST_F(PrivateTools, RefuseOtherUsesBeforeTheDatabaseSeesThem) {
  const Error error = CallBadly(*query_, {{"sql", "SELECT upper(note) FROM bench_runs"}});
  EXPECT_EQ(error.code, ErrorCode::kStatementRefused);
  EXPECT_EQ(QueryCount(), 0u);
}

TEST_F(PrivateTools, ShowEverythingToAnExemptAdminOnly) {
  const Json arguments = {{"sql", "SELECT upper(note) FROM bench_runs"}};
  for (const bool admin : {false, true}) {
    Principal principal{.name = "ana", .scopes = {Scope::kRead}};
    if (admin) principal.scopes.Add(Scope::kAdmin);
    RequestContext context;
    context.principal = std::make_shared<const Principal>(principal);
    Reply(Json::parse(R"([["FAST"]])"), {{"upper(note)", "Nullable(String)"}});
    EXPECT_EQ(query_->Run(context, ToText(arguments)).ok(), admin);
  }
}

TEST_F(PrivateTools, TypedOnesDoNotGroupFilterOrComputeByIt) {
  Catalog catalog(client_, privacy_);
  const auto aggregate = CreateAggregateTool(client_, catalog);
  const Json count = {{{"function", "count"}}};
  const Json filter = {{{"column", "note"}, {"op", "="}, {"value", "fast"}}};
  const Json cases[] = {{{"table", "bench_runs"}, {"metrics", count}, {"group_by", {"note"}}},
                        {{"table", "bench_runs"}, {"metrics", count}, {"filters", filter}},
                        {{"table", "bench_runs"}, {"metrics", {{{"function", "max"}, {"column", "note"}}}}}};
  for (const Json& arguments : cases) {
    const Error error = CallBadly(*aggregate, arguments);
    EXPECT_TRUE(Contains(ToText(Problems(error)), "protected (privacy)")) << error.message << ToText(arguments);
  }
  EXPECT_EQ(QueryCount(), 0u);
}

TEST(PrivacyOfDatasets, RefusesAnAnalysisThatWouldShowMore) {
  auto dataset = Metrics();
  schema::AnalysisTool analysis;
  analysis.name = "get.notes";
  analysis.sql = "SELECT max(note) FROM bench_runs";
  dataset.analyses = {analysis};
  const auto privacy = Privacy::Create({dataset}, kKey, false);
  ASSERT_FALSE(privacy.ok());
  EXPECT_TRUE(privacy.error().message.starts_with("metrics/tools/get.notes.sql: the values of `note`"));
  for (auto& rule : dataset.privacy) rule.results = false;
  EXPECT_TRUE(Privacy::Create({dataset}, kKey, false).ok());
}

TEST(PrivacyOfDatasets, RefusesAPromptThatWouldSuggestValues) {
  auto dataset = Metrics();
  schema::PromptArgument argument;
  argument.name = "who";
  argument.values.kind = schema::ValueSource::Kind::kValues;
  argument.values.table = "bench_runs";
  argument.values.column = "note";
  dataset.prompts = {{.name = "review", .title = "", .description = "", .arguments = {argument}, .pieces = {}}};
  const auto privacy = Privacy::Create({dataset}, kKey, false);
  ASSERT_FALSE(privacy.ok());
  EXPECT_TRUE(privacy.error().message.starts_with("metrics/prompts/review.json: `who` suggests"));
}

class PrivateInserts : public ::testing::Test {
 protected:
  PrivateInserts() {
    client_.OnWrite([](const clickhouse::Insert&) { return clickhouse::Written{}; });
    schema::InsertColumn id, who;
    id.name = "id";
    id.type = "UInt32";
    id.example = 1;
    who.name = "who";
    who.type = "String";
    who.fallback = "";
    who.example = "ana";
    declaration_.name = "insert.visits";
    declaration_.table = "visits";
    declaration_.columns = {id, who};
    dataset_.database = "chimera_metrics";
  }

  // The body that is stored of `rows`.
  std::string Stored(Protection protection, const std::string& rows, std::vector<std::string> what = {}) {
    dataset_.privacy = {
        {.table = "visits", .column = "who", .protection = protection, .what = std::move(what), .results = false}};
    const auto tool = CreateInsertTool(client_, dataset_, declaration_, {.privacy = PrivacyOf({dataset_})});
    const auto answer = tool->Run({}, R"({"rows":[)" + rows + "]}");
    EXPECT_TRUE(answer.ok()) << answer.error().message;
    answer_ = answer.ok() ? *ParseJson(answer->structured_json) : Json();
    return client_.Inserts().back().body;
  }
  std::string Token() const { return client_.Inserts().back().deduplication_token; }

  testing::FakeClient client_{"chimera_metrics"};
  schema::Dataset dataset_;
  schema::InsertTool declaration_;
  Json answer_;
};

TEST_F(PrivateInserts, StoreWhatTheRuleSaysAndSaySo) {
  EXPECT_EQ(Stored(Protection::kHash, R"({"who":"ana","id":1},{"id":2})"),
            R"({"id":1,"who":")" + KeyedHash(kKey, "ana") + "\"}\n" + R"({"id":2,"who":""})" + "\n");
  EXPECT_TRUE(Contains(ToText(answer_["notes"]), "`who` of 1 row is stored as a keyed hash (privacy).")) << answer_;
  EXPECT_EQ(Stored(Protection::kDrop, R"({"id":1,"who":"ana"})"), "{\"id\":1,\"who\":\"\"}\n");
  EXPECT_EQ(Stored(Protection::kMask, R"({"id":1,"who":"ana <a@b.c>"})", {"email"}),
            "{\"id\":1,\"who\":\"ana <<email>>\"}\n");
  EXPECT_TRUE(Contains(ToText(answer_["notes"]), "is stored masked where it looks like email"));
  Stored(Protection::kMask, R"({"id":1,"who":"ana"})", {"email"});
  EXPECT_FALSE(Contains(ToText(answer_["notes"]), "privacy")) << "nothing was replaced";
}

TEST_F(PrivateInserts, ARepeatIsTheSameBatchAndAnotherValueAnother) {
  const std::string first = Stored(Protection::kDrop, R"({"id":1,"who":"ana"})");
  const std::string token = Token();
  Stored(Protection::kDrop, R"({"who":"\u0061na","id":1})");
  EXPECT_EQ(Token(), token) << "another spelling of the same call";
  EXPECT_EQ(Stored(Protection::kDrop, R"({"id":1,"who":"ben"})"), first) << "the same is stored";
  EXPECT_NE(Token(), token) << "but it is another batch, which must not be taken for a repeat";
}

}  // namespace
}  // namespace chimera::tools
