#include "base/text.h"

#include <gtest/gtest.h>

#include <set>

namespace chimera {
namespace {

TEST(Nearest, FindsTyposTranspositionsAndParts) {
  const std::vector<std::string> columns = {"latency_p50_ms", "latency_p95_ms", "model", "tokens_per_sec"};
  EXPECT_EQ(Nearest("latnecy_p95_ms", columns, 1), (std::vector<std::string>{"latency_p95_ms"}));
  EXPECT_EQ(Nearest("MODLE", columns), (std::vector<std::string>{"model"}));
  EXPECT_EQ(Nearest("tokens", columns), (std::vector<std::string>{"tokens_per_sec"}));
  EXPECT_TRUE(Nearest("zzzz", columns).empty());
}

TEST(DidYouMean, ReadsAsAQuestion) {
  EXPECT_EQ(DidYouMean("modle", {"model"}), "did you mean `model`?");
  EXPECT_EQ(DidYouMean("zzz", {"model"}), "");
}

TEST(IsValidUtf8, FollowsTheTableOfWellFormedSequences) {
  EXPECT_TRUE(IsValidUtf8("aµ€😀"));
  EXPECT_FALSE(IsValidUtf8("\xC0\xAF")) << "overlong";
  EXPECT_FALSE(IsValidUtf8("\xED\xA0\x80")) << "surrogate";
  EXPECT_FALSE(IsValidUtf8("\xF4\x90\x80\x80")) << "above U+10FFFF";
  EXPECT_FALSE(IsValidUtf8("\xE2\x82")) << "cut";
}

TEST(ReplaceInvalidUtf8, ReplacesEachByteThatBelongsToNothing) {
  EXPECT_EQ(ReplaceInvalidUtf8("a\xFF\xC3z€"), "a\xEF\xBF\xBD\xEF\xBF\xBDz€");
  EXPECT_EQ(ReplaceInvalidUtf8("12345678µ"), "12345678µ");
  EXPECT_TRUE(IsValidUtf8(ReplaceInvalidUtf8("12345678\x80")));
}

TEST(Sha256Hex, MatchesThePublishedVector) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(NewUuid, HasVersionFourAndDiffers) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string uuid = NewUuid();
    ASSERT_EQ(uuid.size(), 36u);
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
    seen.insert(uuid);
  }
  EXPECT_EQ(seen.size(), 100u);
}

TEST(Text, JoinsTrimsAndLowers) {
  EXPECT_EQ(Join({"a", "", "b"}, ","), "a,,b");
  EXPECT_EQ(Trim(" \t x \n"), "x");
  EXPECT_EQ(Trim(" \n"), "");
  EXPECT_EQ(ToLower("ÄbC"), "Äbc") << "ASCII only";
}

}  // namespace
}  // namespace chimera
