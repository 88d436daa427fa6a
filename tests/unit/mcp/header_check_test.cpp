#include "mcp/header_check.h"

#include <gtest/gtest.h>

#include <map>

namespace chimera::mcp {
namespace {

const Json kSchema = Json::parse(R"({"type":"object","properties":{
  "region":{"type":"string","x-mcp-header":"Region"},
  "count":{"type":"integer","x-mcp-header":"Count"},
  "loud":{"type":"boolean","x-mcp-header":"Loud"},
  "place":{"type":"object","properties":{"city":{"type":"string","x-mcp-header":"City"}}},
  "list":{"type":"array","items":{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"No"}}}},
  "free":{"type":"string"}}})");

bool Fit(const std::string& arguments, const std::map<std::string, std::string>& headers) {
  const auto error =
      CheckArgumentHeaders(MirroredArguments(kSchema), arguments, [&](const char* name) -> std::optional<std::string> {
        const auto found = headers.find(name);
        return found == headers.end() ? std::nullopt : std::optional(found->second);
      });
  EXPECT_EQ(error ? error->code : kHeaderMismatch, kHeaderMismatch);
  return !error;
}

TEST(HeaderCheckTest, MarkedArgumentsAreFoundAlongProperties) {
  const auto found = MirroredArguments(kSchema);
  ASSERT_EQ(found.size(), 4u) << "not through items";
  EXPECT_EQ(found[3].header, "Mcp-Param-City");
  EXPECT_EQ(found[3].path, (std::vector<std::string>{"place", "city"}));
  EXPECT_TRUE(MirroredArguments(Json()).empty());
  EXPECT_TRUE(MirroredArguments({{"type", "object"}}).empty());
}

TEST(HeaderCheckTest, WhatTheBodyHasTheHeaderSays) {
  EXPECT_TRUE(Fit(R"({"region":"eu","free":"x"})", {{"Mcp-Param-Region", "eu"}}));
  EXPECT_FALSE(Fit(R"({"region":"eu"})", {}));
  EXPECT_FALSE(Fit(R"({"region":"eu"})", {{"Mcp-Param-Region", "us"}}));
  EXPECT_TRUE(Fit(R"({"place":{"city":"Bern"}})", {{"Mcp-Param-City", "Bern"}}));
  EXPECT_FALSE(Fit(R"({"place":{"city":"Bern"}})", {}));
}

TEST(HeaderCheckTest, WhatTheBodyLacksNoHeaderSays) {
  EXPECT_TRUE(Fit("", {}));
  EXPECT_TRUE(Fit("{}", {}));
  EXPECT_TRUE(Fit(R"({"region":null,"place":3})", {}));
  EXPECT_FALSE(Fit(R"({"region":null})", {{"Mcp-Param-Region", "eu"}}));
}

TEST(HeaderCheckTest, NumbersAreComparedAsNumbers) {
  EXPECT_TRUE(Fit(R"({"count":42})", {{"Mcp-Param-Count", "42"}}));
  EXPECT_TRUE(Fit(R"({"count":42})", {{"Mcp-Param-Count", "42.0"}}));
  EXPECT_TRUE(Fit(R"({"count":-7})", {{"Mcp-Param-Count", "-7"}}));
  EXPECT_FALSE(Fit(R"({"count":42})", {{"Mcp-Param-Count", "43"}}));
  EXPECT_FALSE(Fit(R"({"count":42})", {{"Mcp-Param-Count", "\"42\""}}));
  EXPECT_TRUE(Fit(R"({"loud":true})", {{"Mcp-Param-Loud", "true"}}));
  EXPECT_FALSE(Fit(R"({"loud":true})", {{"Mcp-Param-Loud", "1"}}));
}

TEST(HeaderCheckTest, ValuesMayBeEncoded) {
  EXPECT_TRUE(Fit(R"({"region":"Hello, 世界"})", {{"Mcp-Param-Region", "=?base64?SGVsbG8sIOS4lueVjA==?="}}));
  EXPECT_FALSE(Fit(R"({"region":"Hello"})", {{"Mcp-Param-Region", "=?base64?SGVsbG8?="}})) << "padding";
  EXPECT_FALSE(Fit(R"({"region":"Hello"})", {{"Mcp-Param-Region", "=?base64?SGVs!!!bG8=?="}}));
  EXPECT_FALSE(Fit(R"({"region":"h\u00e9"})", {{"Mcp-Param-Region", "h\xc3\xa9"}})) << "not in a header as it is";
  EXPECT_TRUE(Fit(R"({"region":"=?base64?SGVsbG8="})", {{"Mcp-Param-Region", "=?base64?SGVsbG8="}})) << "no suffix";
}

}  // namespace
}  // namespace chimera::mcp
