#include "metrics/statsd.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

namespace chimera::metrics {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// What a Datadog agent would receive.
class Agent {
 public:
  Agent() : fd_(socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    bind(fd_, reinterpret_cast<sockaddr*>(&address), length);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
    port = ntohs(address.sin_port);
  }
  explicit Agent(const std::string& path) : fd_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
  ~Agent() { close(fd_); }

  /// Lines received until one contains `text`; all those received within 10 s otherwise.
  std::vector<std::string> Until(const std::string& text) {
    std::vector<std::string> lines;
    for (pollfd ready{fd_, POLLIN, 0}; poll(&ready, 1, 10'000) > 0;) {
      char buffer[65536];
      const auto size = recv(fd_, buffer, sizeof buffer, 0);
      largest = std::max(largest, static_cast<size_t>(size));
      std::string datagram(buffer, static_cast<size_t>(size));
      for (size_t start = 0; start <= datagram.size();) {
        const size_t end = std::min(datagram.find('\n', start), datagram.size());
        lines.push_back(datagram.substr(start, end - start));
        start = end + 1;
      }
      if (datagram.find(text) != std::string::npos) break;
    }
    return lines;
  }

  int port = 0;
  size_t largest = 0;  ///< bytes of a datagram

 private:
  const int fd_;
};

bool Contains(const std::vector<std::string>& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

Statement Write(std::string_view table, uint64_t rows, Outcome outcome = {}) {
  return {.operation = Operation::kWrite,
          .outcome = outcome,
          .took = milliseconds(1),
          .table = table,
          .rows_written = rows};
}

StatsdOptions To(const Agent& agent) {
  return {.host = "127.0.0.1", .port = agent.port, .tags = {"env:test"}, .flush = milliseconds(20)};
}

clickhouse::ClientState SomeState() {
  return {.in_use = 2, .idle = 3, .waiting = 4};
}

TEST(StatsdText, WritesLinesOfTheProtocol) {
  EXPECT_EQ(StatsdLine("a.b", 1, "c", {}), "a.b:1|c");
  EXPECT_EQ(StatsdLine("a.b", 12.5, "h", {"x:y", "z"}), "a.b:12.5|h|#x:y,z");
  EXPECT_EQ(StatsdLine("a.b", 0.0004, "h", {}), "a.b:0|h");
  EXPECT_EQ(StatsdLine("a.b", 1'000'000, "g", {}), "a.b:1000000|g");
  EXPECT_EQ(Tag("table", "a,b|c\nd"), "table:a_b_c_d");
}

TEST(DatagramPacker, FillsDatagramsWithoutCuttingALine) {
  DatagramPacker packer;
  const std::string line(100, 'x');
  bool completed = false;
  for (int i = 0; i < 20; ++i) completed = packer.Add(line) || completed;
  EXPECT_TRUE(completed);
  const auto datagrams = packer.Take();
  ASSERT_EQ(datagrams.size(), 2u);
  EXPECT_EQ(datagrams[0].size(), 14 * 101 - 1u);
  EXPECT_EQ(datagrams[1].size(), 6 * 101 - 1u);
  EXPECT_TRUE(packer.Take().empty());
}

TEST(DatagramPacker, HoldsNoMoreThanItsBound) {
  DatagramPacker packer;
  packer.Add(std::string(DatagramPacker::kMaxBytes + 1, 'x'));
  EXPECT_EQ(packer.DroppedLines(), 1u);
  for (int i = 0; i < 300; ++i) packer.Add(std::string(DatagramPacker::kMaxBytes, 'x'));
  EXPECT_LE(packer.Take().size(), DatagramPacker::kMaxDatagrams + 1);
  EXPECT_GT(packer.DroppedLines(), 1u);
}

TEST(Statsd, SendsTheMetricsOfStatements) {
  Agent agent;
  Statsd statsd(To(agent), SomeState);
  statsd.OnStatement(Write("llm_events", 100));
  statsd.OnStatement(Write("episodes", 0, ErrorCode::kTimeout));
  statsd.OnStatement({.operation = Operation::kRead, .took = std::chrono::microseconds(2500)});
  std::vector<std::string> lines = agent.Until("query_duration");
  EXPECT_TRUE(Contains(lines, "muse.clickhouse.insert_success:1|c|#table:llm_events,env:test"));
  EXPECT_TRUE(Contains(lines, "muse.clickhouse.rows_inserted:100|c|#table:llm_events,env:test"));
  EXPECT_TRUE(Contains(lines, "muse.clickhouse.insert_error:1|c|#table:episodes,error:timeout,env:test"));
  EXPECT_TRUE(Contains(lines, "muse.clickhouse.query_duration:2.5|h|#outcome:ok,env:test"));
  lines = agent.Until("state:waiting");
  EXPECT_TRUE(Contains(lines, "muse.clickhouse.connection_pool:4|g|#state:waiting,env:test"));
}

TEST(Statsd, SendsWhatIsLeftWhenItEnds) {
  Agent agent;
  StatsdOptions options = To(agent);
  options.flush = seconds(3600);
  std::make_unique<Statsd>(options, SomeState)->OnStatement(Write("t", 1));
  EXPECT_TRUE(Contains(agent.Until("insert_success"), "muse.clickhouse.insert_success:1|c|#table:t,env:test"));
}

TEST(Statsd, SendsAFullDatagramBeforeTheFlushIsDue) {
  Agent agent;
  StatsdOptions options = To(agent);
  options.flush = seconds(3600);
  Statsd statsd(options, SomeState);
  for (int i = 0; i < 100; ++i) statsd.OnStatement(Write("llm_events", 1));
  EXPECT_FALSE(agent.Until("insert_success").empty());
  EXPECT_GT(agent.largest, 1000u);
  EXPECT_LE(agent.largest, DatagramPacker::kMaxBytes);
}

TEST(Statsd, SendsToAUnixSocketThatComesLater) {
  const std::string path = "/tmp/statsd_test_" + std::to_string(getpid());
  std::filesystem::remove(path);
  auto agent = std::make_unique<Agent>(path);
  Statsd statsd({.host = "", .socket = path, .flush = milliseconds(20)}, SomeState);
  EXPECT_FALSE(agent->Until("connection_pool").empty());
  agent.reset();
  std::filesystem::remove(path);
  agent = std::make_unique<Agent>(path);
  EXPECT_FALSE(agent->Until("connection_pool").empty()) << "an agent that was restarted is found again";
  std::filesystem::remove(path);
}

TEST(Statsd, NeverWaitsForAnAgentThatIsNotThere) {
  Statsd statsd({.host = "agent.invalid", .flush = milliseconds(1)}, SomeState);
  for (int i = 0; i < 100'000; ++i) statsd.OnStatement(Write("llm_events", 1));
}

}  // namespace
}  // namespace chimera::metrics
