// Runs tests/transcripts/*.jsonl against mcp::Server. A transcript opens with comment lines (#) that name the behaviour
// it guards; then each line is one of
//   {"options": {"list_page": 2}}   the server's options, before anything else
//   {"send": …} or {"send_text": "…"}   a message as JSON, or as raw text
//   {"expect": …}    the reply to the last one contains this: objects may have more members, arrays not; null: no reply
//   {"absent": ["/result/…"]}   JSON pointers that the last reply lacks
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include "mcp/exchange.h"
#include "tests/unit/mcp/fake_catalog.h"

namespace chimera::mcp {
namespace {

bool Fits(const Json& expected, const Json& actual);

bool MembersFit(const Json& expected, const Json& actual) {
  for (const auto& [key, value] : expected.items()) {
    if (!actual.contains(key) || !Fits(value, actual[key])) return false;
  }
  return true;
}

bool Fits(const Json& expected, const Json& actual) {
  if (expected.is_object() && actual.is_object()) return MembersFit(expected, actual);
  if (!expected.is_array() || !actual.is_array()) return expected == actual;
  return expected.size() == actual.size() && std::equal(expected.begin(), expected.end(), actual.begin(), Fits);
}

class Transcript {
 public:
  void Run(const Json& line) {
    if (line.contains("options")) options_.list_page = line["options"]["list_page"];
    if (line.contains("send")) Send(line["send"].dump());
    if (line.contains("send_text")) Send(line["send_text"]);
    if (line.contains("expect")) {
      EXPECT_TRUE(Fits(line["expect"], reply_)) << "got " << reply_ << "\nfor " << line;
    }
    for (const auto& pointer : line.value("absent", Json::array())) {
      EXPECT_FALSE(reply_.contains(Json::json_pointer(pointer))) << pointer << " is in " << reply_;
    }
  }

 private:
  void Send(const std::string& text) {
    if (!server_) server_.emplace(options_, catalog_);
    Incoming incoming = ParseIncoming(text);
    Admit(session_, incoming);
    const auto reply = Answer(*server_, session_, incoming);
    reply_ = reply ? Json::parse(reply->text) : Json();
  }

  testing::FakeCatalog catalog_;
  ServerOptions options_ = testing::FakeServerOptions();
  std::optional<Server> server_;
  Session session_;
  Json reply_;
};

std::vector<std::filesystem::path> Transcripts() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(CHIMERA_TRANSCRIPTS)) {
    if (entry.path().extension() == ".jsonl") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

class TranscriptTest : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(TranscriptTest, IsAnsweredAsWritten) {
  std::ifstream file(GetParam());
  Transcript transcript;
  std::string line;
  int comments = 0, checks = 0;
  for (int number = 1; std::getline(file, line); ++number) {
    SCOPED_TRACE(GetParam().filename().string() + ":" + std::to_string(number));
    if (line.starts_with('#')) ++comments;
    if (line.empty() || line.starts_with('#')) continue;
    const Json step = Json::parse(line);
    if (step.contains("expect") || step.contains("absent")) ++checks;
    transcript.Run(step);
  }
  EXPECT_GT(comments, 0) << "name the behaviour in a comment";
  EXPECT_GT(checks, 0);
}

std::string TestName(const ::testing::TestParamInfo<std::filesystem::path>& transcript) {
  std::string name = transcript.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, TranscriptTest, ::testing::ValuesIn(Transcripts()), TestName);

}  // namespace
}  // namespace chimera::mcp
