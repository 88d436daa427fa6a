#include "mcp/message.h"

#include <gtest/gtest.h>

#include <chrono>

namespace chimera::mcp {
namespace {

int CodeOf(std::string_view text) {
  const ParsedMessage parsed = ParseMessage(text);
  return parsed.error ? parsed.error->code : 0;
}

std::string Nested(size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

std::string CallWith(std::string_view arguments) {
  return R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","arguments":)" + std::string(arguments) +
         "}}";
}

TEST(ParseMessageTest, ReadsARequest) {
  const auto [message, error] =
      ParseMessage(R"( {"jsonrpc":"2.0","id":"a","method":"tools/list","params":{"cursor":"x","n":[1,2]}} )");
  ASSERT_FALSE(error);
  EXPECT_EQ(message.kind, MessageKind::kRequest);
  EXPECT_EQ(message.id, "a");
  EXPECT_EQ(message.method, "tools/list");
  EXPECT_EQ(message.params, Json::parse(R"({"cursor":"x","n":[1,2]})"));
}

TEST(ParseMessageTest, ReadsANotificationAndResponses) {
  EXPECT_EQ(ParseMessage(R"({"jsonrpc":"2.0","method":"x"})").message.kind, MessageKind::kNotification);
  const auto response = ParseMessage(R"({"jsonrpc":"2.0","id":4,"result":{"a":1}})");
  ASSERT_FALSE(response.error);
  EXPECT_EQ(response.message.kind, MessageKind::kResponse);
  EXPECT_EQ(response.message.result_or_error, Json::parse(R"({"a":1})"));
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","id":4,"error":{"code":1,"message":"m"}})"), 0);
}

TEST(ParseMessageTest, KeepsArgumentsAsTheyAreWritten) {
  const std::string arguments = R"({ "n" : 1.50, "big":123456789012345678901234567890, "s":"}\"]\u00e9" })";
  const auto [message, error] = ParseMessage(CallWith(arguments));
  ASSERT_FALSE(error);
  EXPECT_EQ(message.arguments, arguments);
  EXPECT_EQ(message.params, Json::parse(R"({"name":"t"})"));
}

TEST(ParseMessageTest, TakesMembersInAnyOrder) {
  const auto [message, error] =
      ParseMessage(R"({"params":{"arguments":{"a":1},"name":"t"},"method":"tools/call","id":1,"jsonrpc":"2.0"})");
  ASSERT_FALSE(error);
  EXPECT_EQ(message.arguments, R"({"a":1})");
}

TEST(ParseMessageTest, ArgumentsOfOtherMethodsAreParams) {
  const auto parsed =
      ParseMessage(R"({"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"arguments":{"a":"b"}}})");
  EXPECT_EQ(parsed.message.params["arguments"]["a"], "b");
  EXPECT_TRUE(parsed.message.arguments.empty());
}

TEST(ParseMessageTest, LastOfRepeatedMembersCounts) {
  const auto [message, error] = ParseMessage(
      R"({"jsonrpc":"2.0","id":1,"id":2,"method":"a","method":"b","params":{"x":1,"y":2},"params":{"x":3,"x":4}})");
  ASSERT_FALSE(error);
  EXPECT_EQ(message.id, 2);
  EXPECT_EQ(message.method, "b");
  EXPECT_EQ(message.params, Json::parse(R"({"x":4})"));
}

TEST(ParseMessageTest, RefusesMalformedText) {
  for (const char* text : {"", " ", "{", "{]", "nul", R"({"a":1,})", R"({"a":1} {})", R"({'a':1})", "{\"a\":\"\n\"}",
                           "{\"a\":\"\xff\"}", "\xef\xbb\xbf{}", R"({"a":01})", R"({"a":1e})", R"({"a":"\x"})"}) {
    EXPECT_EQ(CodeOf(text), kParseError) << text;
  }
}

TEST(ParseMessageTest, RefusesMalformedArgumentsToo) {
  EXPECT_EQ(CodeOf(CallWith(R"({"a":tru})")), kParseError);
  EXPECT_EQ(CodeOf(CallWith("{\"a\":\"\xc3\x28\"}")), kParseError);
  EXPECT_EQ(CodeOf(CallWith(R"({"a":123456789012345678901234567890,"b":tru})")), kParseError);
}

TEST(ParseMessageTest, LimitsNesting) {
  EXPECT_EQ(CodeOf(CallWith(Nested(190))), 0);
  EXPECT_EQ(CodeOf(CallWith(Nested(201))), kParseError);
  EXPECT_EQ(CodeOf(Nested(1'000'000)), kParseError);
  EXPECT_EQ(CodeOf(std::string(1'000'000, '[')), kParseError);
}

TEST(ParseMessageTest, LimitsNestingBehindANumberThatIsWiderThan64Bits) {
  const auto code = [](size_t levels) {
    return CodeOf(CallWith(R"({"n":123456789012345678901234567890,"a":)" + Nested(levels) + "}"));
  };
  EXPECT_EQ(code(100), 0);
  EXPECT_EQ(code(300), kParseError);
  EXPECT_EQ(code(1'000'000), kParseError);
}

TEST(ParseMessageTest, RefusesWhatIsNoMessage) {
  for (const char* text : {"1", "null", "\"x\"", "{}", R"({"jsonrpc":"1.0","id":1,"method":"x"})",
                           R"({"id":1,"method":"x"})", R"({"jsonrpc":"2.0","id":1})",
                           R"({"jsonrpc":"2.0","id":1,"method":7})", R"({"jsonrpc":2.0,"id":1,"method":"x"})"}) {
    EXPECT_EQ(CodeOf(text), kInvalidRequest) << text;
  }
}

TEST(ParseMessageTest, IdsAreStringsOrIntegers) {
  for (const char* id : {"null", "1.5", "1.0", "true", "{}", "[1]", "123456789012345678901234567890"}) {
    EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","method":"x","id":)" + std::string(id) + "}"), kInvalidRequest) << id;
  }
  for (const char* id : {"0", "-7", "9007199254740993", "18446744073709551615", "\"\""}) {
    const auto parsed = ParseMessage(R"({"jsonrpc":"2.0","method":"x","id":)" + std::string(id) + "}");
    ASSERT_FALSE(parsed.error) << id;
    EXPECT_EQ(ToText(parsed.message.id), id);
  }
}

TEST(ParseMessageTest, TellsTheIdOfAnInvalidRequest) {
  EXPECT_EQ(ParseMessage(R"({"jsonrpc":"2.0","id":9,"method":7})").message.id, 9);
  EXPECT_EQ(ParseMessage(R"({"jsonrpc":"2.0","id":9,"method":"x","params":[1]})").message.id, 9);
}

TEST(ParseMessageTest, ParamsAreAnObjectOfBoundedSize) {
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","id":1,"method":"x","params":[]})"), kInvalidParams);
  EXPECT_EQ(CodeOf(R"({"jsonrpc":"2.0","id":1,"method":"x","params":null})"), kInvalidParams);
  const std::string big = R"({"jsonrpc":"2.0","id":1,"method":"x","params":{"a":")" + std::string(70'000, 'x') + "\"}}";
  EXPECT_EQ(CodeOf(big), kInvalidParams);
  std::string many = R"({"jsonrpc":"2.0","id":1,"method":"x","params":{)";
  for (int i = 0; i < 500'000; ++i) many += "\"" + std::to_string(i) + "\":0,";
  EXPECT_EQ(CodeOf(many + R"("z":0}})"), kInvalidParams);
}

TEST(ParseMessageTest, BulkArgumentsCostLittle) {
  std::string rows = R"({"rows":[)";
  for (int i = 0; i < 10'000; ++i) {
    rows += R"({"ts":"2026-01-01T00:00:00Z","run_id":"b701af3b-1e66-4a17-8122-59ce95d53e19","model":"some-model",)";
    rows += R"("source":"council","operation":"generate","tokens_in":1234,"tokens_out":4321,"latency_ms":12.5,)";
    rows += R"("cost_usd":0.010335,"status":"success","error_msg":"","note":"padding up to the size of a real row"},)";
  }
  rows.back() = ']';
  rows += "}";
  ASSERT_GT(rows.size(), 2'500'000u);
  const std::string text = CallWith(rows);
  const auto start = std::chrono::steady_clock::now();
  const auto parsed = ParseMessage(text);
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_EQ(parsed.message.arguments, rows);
  RecordProperty("microseconds", static_cast<int>(took / std::chrono::microseconds(1)));
  EXPECT_LT(took, std::chrono::milliseconds(500)) << "a tree of values would take longer than that unoptimised";
}

TEST(ParseIncomingTest, TakesBatchesApart) {
  const Incoming batch =
      ParseIncoming(R"([{"jsonrpc":"2.0","id":1,"method":"a"}, 7 , {"jsonrpc":"2.0","method":"b"}])");
  ASSERT_TRUE(batch.batch);
  ASSERT_EQ(batch.messages.size(), 3u);
  EXPECT_EQ(batch.messages[0].message.method, "a");
  EXPECT_EQ(batch.messages[1].error->code, kInvalidRequest);
  EXPECT_EQ(batch.messages[2].message.kind, MessageKind::kNotification);
}

TEST(ParseIncomingTest, RefusesEmptyAndHugeBatches) {
  EXPECT_EQ(ParseIncoming("[]").messages.at(0).error->code, kInvalidRequest);
  std::string huge = "[0";
  for (size_t i = 0; i < kMaxBatch; ++i) huge += ",0";
  const Incoming incoming = ParseIncoming(huge + "]");
  EXPECT_FALSE(incoming.batch);
  EXPECT_EQ(incoming.messages.at(0).error->code, kInvalidRequest);
}

TEST(ParseMessageTest, SurvivesEveryCutAndEveryChangedByte) {
  const std::string text = CallWith(R"({"a":[1,2.5,"\u0041",null,true],"b":{"c":-1e5}})");
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_EQ(CodeOf(text.substr(0, i)), kParseError) << i;
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = text;
      changed[i] = static_cast<char>(byte);
      const auto parsed = ParseMessage(changed);
      EXPECT_TRUE(parsed.error || Json::accept(changed)) << changed;
    }
  }
}

TEST(ReplyTest, IsOneLine) {
  EXPECT_EQ(ResultReply(7, "{\n\"a\":\r\n1}"), R"({"jsonrpc":"2.0","id":7,"result":{ "a":  1}})");
  EXPECT_EQ(ErrorReply("x", {-32600, "line\nbreak", {}}),
            R"({"jsonrpc":"2.0","id":"x","error":{"code":-32600,"message":"line\nbreak"}})");
  EXPECT_EQ(ErrorReply(nullptr, {-32022, "m", {{"k", 1}}}),
            R"({"jsonrpc":"2.0","id":null,"error":{"code":-32022,"message":"m","data":{"k":1}}})");
  EXPECT_EQ(NotificationText("n", Json::object()), R"({"jsonrpc":"2.0","method":"n"})");
}

}  // namespace
}  // namespace chimera::mcp
