// Runs tests/transcripts/*.jsonl against the server. A transcript opens with comment lines (#) that name the behaviour
// it guards; then each line is an object that does something, expects something, or both:
//   "options": {"list_page": 2}   of the server, in the first line: list_page, task_after_ms, lists_change; "fixtures":
//       true gives it the tools, resources and prompts of the conformance server instead of FakeCatalog's tools;
//       "read_budget": 1000 gives it the product's tools with that budget, over a database where `big` has 5,000 rows
//   "send": … or "send_text": "…"   a message as JSON, or as raw text, over a connection such as stdio
//   "post": …, "get": true or "delete": true   an HTTP request, with "headers" instead of the usual ones (null: none).
//       The reply is {"status", "session", "body", "events"}; "stays_open": true reads a stream until it is quiet
//   "background": true   the request waits in FakeCatalog's tool "wait", or for the answer to a question that
//       "notified" shows, while the transcript goes on, until "join"
//   "hang_up": true   the client of the last HTTP request leaves; "release": true lets the tool "wait" return
//   "repeat": true   the request is repeated until its reply is as expected
//   "expect": …    the last reply contains this: objects may have more members, arrays not; null: no reply
//   "absent": ["/result/…"]   JSON pointers that the last reply lacks
//   "notified": […]   all that the connection was sent besides replies since the last time
//   "cancelled": 1    so many calls of "wait" were cancelled
//   "capture": {"name": "/result/…"}   text of the last reply that later lines mean by $name
#include "tests/unit/mcp/transcript.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace chimera::mcp {
namespace {

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
  testing::Transcript transcript;
  std::string line;
  int comments = 0;
  for (int number = 1; std::getline(file, line); ++number) {
    SCOPED_TRACE(GetParam().filename().string() + ":" + std::to_string(number));
    if (line.starts_with('#')) ++comments;
    if (line.empty() || line.starts_with('#')) continue;
    transcript.Run(line);
  }
  EXPECT_GT(comments, 0) << "name the behaviour in a comment";
  EXPECT_GT(transcript.checks(), 0);
}

std::string TestName(const ::testing::TestParamInfo<std::filesystem::path>& transcript) {
  std::string name = transcript.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, TranscriptTest, ::testing::ValuesIn(Transcripts()), TestName);

}  // namespace
}  // namespace chimera::mcp
