#include "audit/arguments_summary.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace chimera::audit {
namespace {

TEST(ArgumentsSummary, KeepsWhatWasAskedButTheStatement) {
  const Json summary = SummaryOfRead(R"({"sql":"SELECT 1","max_rows":3,"params":{"model":"llama"}})", {});
  EXPECT_EQ(summary, Json::parse(R"({"max_rows":3,"params":{"model":"llama"}})"));
  EXPECT_EQ(StatementIn(R"({"sql":"SELECT 1"})"), "SELECT 1");
  EXPECT_EQ(StatementIn(R"({"days":7})"), "");
  EXPECT_EQ(StatementIn("[1"), "");
}

TEST(ArgumentsSummary, MasksSecretsAndColumnsWhereverTheyStand) {
  const SummaryRules rules{.redact = [](std::string_view name) { return name == "email"; }};
  const std::string text = ToText(SummaryOfRead(
      R"({"params":{"email":"a@b.example","API_KEY":"sk-1","n":2},"deep":[{"db_password":{"x":"pw"}}],
          "filters":[{"column":"email","op":"in","values":["a@b.example"]},{"column":"model","op":"=","value":"ok"}]})",
      rules));
  for (const char* hidden : {"a@b.example", "sk-1", "pw\""}) EXPECT_EQ(text.find(hidden), std::string::npos) << text;
  for (const char* kept : {R"("n":2)", R"("value":"ok")", R"("column":"email")"}) {
    EXPECT_NE(text.find(kept), std::string::npos) << text;
  }
}

TEST(ArgumentsSummary, CutsAndHashesTexts) {
  const std::string long_text(1000, 'x');
  const Json cut = SummaryOfRead(R"({"a":")" + long_text + R"("})", {});
  EXPECT_LT(cut["a"].get<std::string>().size(), 250u);
  EXPECT_EQ(SummaryOfRead(R"({"a":"b"})", {.hashes_texts = true})["a"], "sha256:" + Sha256Hex("b"));
}

TEST(ArgumentsSummary, SumsUpWhatIsNoObjectOrVeryLong) {
  EXPECT_EQ(SummaryOfRead("[1]", {})["bytes"], 3);
  std::string many = "{";
  for (int i = 0; i < 5000; ++i) many += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":1";
  EXPECT_TRUE(SummaryOfRead(many + "}", {}).contains("sha256"));
  EXPECT_TRUE(SummaryOfRead("{\"a\":" + std::string(100'000, '['), {}).contains("sha256"));
}

TEST(ArgumentsSummary, OfAWriteThereAreNoValues) {
  const std::string arguments =
      R"({"rows":[{"email":"a@b.example"},{"email":"c"}],"idempotency_key":"k1","dry_run":true})";
  const Json summary = SummaryOfWrite(arguments);
  EXPECT_EQ(summary["rows"], 2);
  EXPECT_EQ(summary["dry_run"], true);
  EXPECT_EQ(summary["bytes"], arguments.size());
  EXPECT_EQ(summary["sha256"], Sha256Hex(arguments));
  EXPECT_EQ(ToText(summary).find("a@b"), std::string::npos);
  for (const char* broken : {"", "{", R"({"rows":[1,)", "null", R"({"rows":3})"}) {
    EXPECT_TRUE(SummaryOfWrite(broken).contains("sha256")) << broken;
  }
}

}  // namespace
}  // namespace chimera::audit
