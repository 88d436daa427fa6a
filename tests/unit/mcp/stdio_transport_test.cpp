// The transport over real pipes, as a client process sees it.
#include "mcp/stdio_transport.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "tests/unit/mcp/fake_catalog.h"

namespace chimera::mcp {
namespace {

using std::chrono::milliseconds;

constexpr const char* kInitialize =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}})";

std::string Call(int id, const std::string& tool, const std::string& arguments = "{}") {
  return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":"tools/call","params":{"name":")" + tool +
         R"(","arguments":)" + arguments + "}}";
}

class StdioTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::pipe2(in_.data(), O_CLOEXEC), 0);
    ASSERT_EQ(::pipe2(out_.data(), O_CLOEXEC), 0);
    options_.input = in_[0];
    options_.output = out_[1];
  }
  void TearDown() override {
    stop_.request_stop();
    catalog_.release = true;
    CloseInput();
    if (serving_.joinable()) serving_.join();
    for (int fd : {in_[0], out_[0], out_[1]}) {
      if (fd >= 0) ::close(fd);
    }
  }

  void Start() {
    serving_ = std::thread([this] {
      result_ = ServeStdio(server_, options_, stop_.get_token());
      returned_ = true;
    });
  }
  void Send(const std::string& line) { SendBytes(line + "\n"); }
  void SendBytes(const std::string& bytes) {
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t n = ::write(in_[1], bytes.data() + done, bytes.size() - done);
      ASSERT_GT(n, 0);
      done += static_cast<size_t>(n);
    }
  }
  void CloseInput() {
    if (in_[1] >= 0) ::close(std::exchange(in_[1], -1));
  }

  /// The next line of output; empty when none comes within `wait`.
  std::string Read(milliseconds wait = milliseconds(10'000)) {
    const auto until = std::chrono::steady_clock::now() + wait;
    while (text_.find('\n') == std::string::npos && std::chrono::steady_clock::now() < until) ReadSome();
    const size_t end = text_.find('\n');
    if (end == std::string::npos) return {};
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
  }
  Json ReadReply() { return Json::parse(Read(), nullptr, false); }

  bool WaitForReturn(milliseconds wait = milliseconds(10'000)) const {
    const auto until = std::chrono::steady_clock::now() + wait;
    while (!returned_ && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(milliseconds(1));
    return returned_;
  }

  testing::FakeCatalog catalog_;
  Server server_{testing::FakeServerOptions(), Features{.tools = &catalog_}};
  StdioOptions options_;
  std::stop_source stop_;
  std::thread serving_;
  std::atomic<bool> returned_ = false;
  bool result_ = false;
  std::array<int, 2> in_ = {-1, -1}, out_ = {-1, -1};

 private:
  void ReadSome() {
    pollfd fd{out_[0], POLLIN, 0};
    if (::poll(&fd, 1, 10) <= 0) return;
    std::array<char, 65536> bytes;
    const ssize_t n = ::read(out_[0], bytes.data(), bytes.size());
    if (n > 0) text_.append(bytes.data(), static_cast<size_t>(n));
  }
  std::string text_;
};

TEST_F(StdioTest, APipedScriptGetsAllItsAnswersThoughInputEndsAtOnce) {
  SendBytes(std::string(kInitialize) + "\r\n\n" + R"({"jsonrpc":"2.0","method":"notifications/initialized"})" + "\n" +
            Call(1, "echo") + "\n" + Call(2, "fail") + "\n" + Call(3, "echo"));  // no line feed at the end
  CloseInput();
  Start();
  std::map<int, Json> replies;
  for (int i = 0; i < 4; ++i) {
    const Json reply = ReadReply();
    ASSERT_TRUE(reply.contains("result")) << reply;
    replies[reply["id"]] = reply;
  }
  EXPECT_EQ(replies.size(), 4u);
  EXPECT_TRUE(WaitForReturn());
  EXPECT_TRUE(result_);
  ::close(std::exchange(out_[1], -1));
  EXPECT_EQ(Read(milliseconds(50)), "") << "nothing else on the output";
}

TEST_F(StdioTest, ASlowToolDelaysNeitherPingNorCancellation) {
  options_.workers = 1;
  Start();
  Send(kInitialize);
  EXPECT_EQ(ReadReply()["id"], 0);
  Send(Call(1, "wait"));
  ASSERT_TRUE(catalog_.WaitForWaiting(1));
  Send(Call(2, "echo"));
  Send(R"({"jsonrpc":"2.0","id":3,"method":"ping"})");
  EXPECT_EQ(ReadReply()["id"], 3);
  Send(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}})");
  EXPECT_EQ(ReadReply()["id"], 2) << "1 is not answered, and its worker takes the next";
  EXPECT_EQ(catalog_.cancelled, 1);
}

TEST_F(StdioTest, ToolsRunSideBySide) {
  options_.workers = 3;
  Start();
  Send(kInitialize);
  for (int id = 1; id <= 3; ++id) Send(Call(id, "wait"));
  EXPECT_TRUE(catalog_.WaitForWaiting(3));
}

TEST_F(StdioTest, LargeMessagesPassBothWays) {
  Start();
  Send(kInitialize);
  EXPECT_EQ(ReadReply()["id"], 0);
  const std::string arguments = R"({"rows":")" + std::string(3'000'000, 'r') + "\"}";
  std::thread writer([&] { Send(Call(1, "echo", arguments)); });
  const Json reply = ReadReply();
  writer.join();
  EXPECT_EQ(catalog_.last_arguments_bytes, arguments.size());
  EXPECT_EQ(reply["result"]["structuredContent"]["arguments"]["rows"].get<std::string>().size(), 3'000'000u);
  Send(Call(2, "big"));
  EXPECT_EQ(ReadReply()["result"]["content"][0]["text"].get<std::string>().size(), 3'000'000u);
}

TEST_F(StdioTest, EveryLineOfOutputIsAMessageWhateverComesIn) {
  options_.max_message_bytes = 200;
  Start();
  const std::string too_long(1000, 'x');
  for (const std::string& line : {std::string("garbage"), std::string("[]"), too_long, std::string("\"\xff\""),
                                  std::string("{}"), std::string(R"({"jsonrpc":"2.0","id":1,"method":"nope"})")}) {
    Send(line);
    const Json reply = ReadReply();
    EXPECT_EQ(reply.value("jsonrpc", ""), "2.0") << line.substr(0, 40);
    EXPECT_TRUE(reply.contains("error"));
  }
  Send(R"({"jsonrpc":"2.0","id":2,"method":"ping"})");
  EXPECT_EQ(ReadReply()["id"], 2);
}

TEST_F(StdioTest, ATooLongLineIsRefusedWithoutAnId) {
  options_.max_message_bytes = 100;
  Start();
  Send(std::string(500'000, 'x'));
  const Json reply = ReadReply();
  EXPECT_EQ(reply["error"]["code"], kInvalidRequest);
  EXPECT_TRUE(reply["id"].is_null());
}

TEST_F(StdioTest, TooMuchWaitingIsAnsweredBusy) {
  options_.workers = 1;
  options_.max_waiting_bytes = 1;
  Start();
  Send(kInitialize);
  EXPECT_EQ(ReadReply()["id"], 0);
  Send(Call(1, "wait"));
  ASSERT_TRUE(catalog_.WaitForWaiting(1));
  Send(Call(2, "echo"));
  Send(Call(3, "echo"));
  const Json reply = ReadReply();
  EXPECT_EQ(reply["id"], 3);
  EXPECT_EQ(reply["error"]["code"], kServerBusy);
  catalog_.release = true;
  const std::set<int> others = {ReadReply()["id"].get<int>(), ReadReply()["id"].get<int>()};
  EXPECT_EQ(others, (std::set<int>{1, 2}));
}

class StdioWorkTest : public StdioTest {
 protected:
  void StartWithWork() {
    options_.workers = 1;
    Start();
    Send(kInitialize);
    EXPECT_EQ(ReadReply()["id"], 0);
    Send(Call(1, "wait"));
    ASSERT_TRUE(catalog_.WaitForWaiting(1));
    Send(Call(2, "echo"));
    Send(R"({"jsonrpc":"2.0","id":3,"method":"ping"})");
    ASSERT_EQ(ReadReply()["id"], 3) << "all was read";
  }
};

class StdioEndTest : public StdioWorkTest, public ::testing::WithParamInterface<const char*> {
 protected:
  void End() {
    if (GetParam() == std::string("stop")) {
      stop_.request_stop();
    } else {
      CloseInput();
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Both, StdioEndTest, ::testing::Values("stop", "input"));

TEST_P(StdioEndTest, CallsInFlightMayFinish) {
  StartWithWork();
  End();
  EXPECT_FALSE(WaitForReturn(milliseconds(50)));
  catalog_.release = true;
  const std::set<int> answered = {ReadReply()["id"].get<int>(), ReadReply()["id"].get<int>()};
  EXPECT_EQ(answered, (std::set<int>{1, 2}));
  EXPECT_TRUE(WaitForReturn());
  EXPECT_EQ(catalog_.cancelled, 0);
}

TEST_F(StdioWorkTest, AfterAStopWhatDoesNotFinishInTimeIsCancelledAndAnsweredSo) {
  options_.drain = milliseconds(200);
  StartWithWork();
  stop_.request_stop();
  EXPECT_FALSE(WaitForReturn(milliseconds(50)));
  for (int id : {1, 2}) {
    const Json reply = ReadReply();
    EXPECT_EQ(reply["id"], id);
    EXPECT_EQ(reply["error"]["code"], kServerBusy) << reply;
  }
  EXPECT_TRUE(WaitForReturn());
  EXPECT_EQ(catalog_.cancelled, 1);
}

TEST_F(StdioWorkTest, AfterTheEndOfInputAStopStillShortensTheWait) {
  options_.drain = milliseconds(100);
  StartWithWork();
  CloseInput();
  EXPECT_FALSE(WaitForReturn(milliseconds(300))) << "a script waits for its answers";
  stop_.request_stop();
  EXPECT_TRUE(WaitForReturn());
  EXPECT_EQ(catalog_.cancelled, 1);
}

TEST_F(StdioTest, TheEndIsTold) {
  std::atomic<int> told = 0;
  options_.on_ending = [&] { ++told; };
  Start();
  Send(R"({"jsonrpc":"2.0","id":3,"method":"ping"})");
  EXPECT_EQ(ReadReply()["id"], 3);
  EXPECT_EQ(told, 0);
  CloseInput();
  EXPECT_TRUE(WaitForReturn());
  EXPECT_EQ(told, 1);
}

TEST_F(StdioTest, AGoneClientEndsTheWork) {
  Start();
  Send(kInitialize);
  EXPECT_EQ(ReadReply()["id"], 0);
  Send(Call(1, "wait"));
  ASSERT_TRUE(catalog_.WaitForWaiting(1));
  CloseInput();
  ::close(std::exchange(out_[0], -1));
  EXPECT_TRUE(WaitForReturn());
  EXPECT_EQ(catalog_.cancelled, 1);
}

TEST_F(StdioTest, AReaderThatLeavesIsNoCrash) {
  Start();
  ::close(std::exchange(out_[0], -1));
  Send(kInitialize);
  EXPECT_TRUE(WaitForReturn()) << "the failed write ends the reading";
  EXPECT_FALSE(result_);
}

TEST_F(StdioTest, AClientThatDoesNotReadDoesNotBlockTheStop) {
  options_.drain = options_.farewell = milliseconds(50);
  Start();
  Send(kInitialize);
  for (int id = 1; id < 20; ++id) Send(Call(id, "big"));
  std::this_thread::sleep_for(milliseconds(50));
  stop_.request_stop();
  EXPECT_TRUE(WaitForReturn());
}

}  // namespace
}  // namespace chimera::mcp
