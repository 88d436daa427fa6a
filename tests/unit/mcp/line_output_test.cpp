#include "mcp/line_output.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

namespace chimera::mcp {
namespace {

class LineOutputTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::pipe(fds_.data()), 0);
    ::signal(SIGPIPE, SIG_IGN);
  }
  void TearDown() override {
    ::signal(SIGPIPE, SIG_DFL);
    for (int fd : fds_) {
      if (fd >= 0) ::close(fd);
    }
  }
  void CloseReader() { ::close(std::exchange(fds_[0], -1)); }
  void CloseWriter() { ::close(std::exchange(fds_[1], -1)); }

  std::string ReadAll() const {
    std::string text;
    std::array<char, 4096> bytes;
    for (ssize_t n; (n = ::read(fds_[0], bytes.data(), bytes.size())) > 0;)
      text.append(bytes.data(), static_cast<size_t>(n));
    return text;
  }

  std::array<int, 2> fds_ = {-1, -1};
};

TEST_F(LineOutputTest, WritesWholeLinesFromManyThreads) {
  ::fcntl(fds_[1], F_SETFL, O_NONBLOCK);
  LineOutput output(fds_[1], [] {});
  std::string text;
  std::thread reader([&] { text = ReadAll(); });
  {
    std::vector<std::jthread> writers;
    for (char c : {'a', 'b', 'c'}) writers.emplace_back([&output, c] { output.Write(std::string(200'000, c)); });
  }
  CloseWriter();
  reader.join();
  ASSERT_EQ(text.size(), 600'003u);
  for (size_t i = 0; i < 3; ++i) {
    const std::string line = text.substr(i * 200'001, 200'001);
    EXPECT_EQ(line, std::string(200'000, line[0]) + "\n");
  }
}

TEST_F(LineOutputTest, AGoneReaderIsAFailureToldOnce) {
  int failures = 0;
  LineOutput output(fds_[1], [&] { ++failures; });
  EXPECT_FALSE(output.ReaderGone());
  CloseReader();
  EXPECT_TRUE(output.ReaderGone());
  output.Write("a");
  output.Write("b");
  EXPECT_TRUE(output.Failed());
  EXPECT_EQ(failures, 1);
}

TEST_F(LineOutputTest, GivenUpItDoesNotWaitForAReaderThatDoesNotRead) {
  LineOutput output(fds_[1], [] {});
  std::thread writer([&] { output.Write(std::string(1 << 20, 'x')); });
  output.GiveUp();
  writer.join();
  EXPECT_TRUE(output.Failed());
}

}  // namespace
}  // namespace chimera::mcp
