// What confines an engine, as its callers and its operator see it. tests/security sends it the hostile corpus.
#include "engine/cage.h"

#include <arpa/inet.h>
#include <poll.h>

#include "engine/data_lock.h"
#include "http_fixture.h"

namespace chimera::engine {
namespace {

constexpr const char* kSecret = "f1e1d5c0-only-the-test-knows";

/// A TCP and a UDP socket on one port of this machine, which nobody should call.
class Bystander {
 public:
  Bystander() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    tcp_ = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(bind(tcp_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(tcp_, 16), 0);
    getsockname(tcp_, reinterpret_cast<sockaddr*>(&address), &length);
    udp_ = socket(AF_INET, SOCK_DGRAM, 0);
    EXPECT_EQ(bind(udp_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    port_ = std::to_string(ntohs(address.sin_port));
  }
  ~Bystander() {
    close(tcp_);
    close(udp_);
  }
  bool WasCalled(std::chrono::milliseconds patience = 0ms) const {
    pollfd sockets[] = {{tcp_, POLLIN, 0}, {udp_, POLLIN, 0}};
    return poll(sockets, 2, static_cast<int>(patience.count())) > 0;
  }
  const std::string& Port() const { return port_; }

 private:
  int tcp_ = -1, udp_ = -1;
  std::string port_;
};

class CageTest : public HttpInterface {
 protected:
  void SetUp() override {
    HttpInterface::SetUp();
    if (socket_.empty()) return;
    secret_ = folder_ + "/secret.csv";
    std::ofstream(secret_) << kSecret << "\n";
    std::filesystem::create_symlink(secret_, Database() + "/link.csv");
    ASSERT_EQ(Text("CREATE TABLE rows (a Int64) ENGINE = MergeTree ORDER BY a"), "");
    ASSERT_EQ(Text("INSERT INTO rows SELECT number FROM numbers(10)"), "");
  }

  std::string Database() const { return folder_ + "/data/clickhouse"; }
  bool FilesAreConfined() const { return LandlockAbi() > 0; }

  std::string secret_;
  Bystander bystander_;
};

/// `%s` is a file outside, `%d` the data folder, `%p` the port of a server outside.
std::string Filled(std::string text, const std::string& mark, const std::string& value) {
  for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
    text.replace(at, mark.size(), value);
  return text;
}

/// The root of this machine's accounts, as /etc/passwd has it.
bool ShowsOutside(const std::string& answer) {
  return answer.find(kSecret) != std::string::npos || answer.find("root:x:0:0") != std::string::npos;
}

// An account that may write, and a caller who got past the front's own look at file(): the walls hold alone.
TEST_F(CageTest, NoWriterLeavesTheFolderEither) {
  if (!FilesAreConfined()) GTEST_SKIP() << "this kernel has no Landlock";
  for (const char* text : {"SELECT file('%s')", "SELECT arrayMap(file, ['%s'])", "SELECT file('%d/link.csv')",
                           "SELECT file('/proc/self/environ')", "SELECT file('/proc/self/cmdline')",
                           "SELECT file('%d/../engine.log')", "SELECT file('/etc/passwd')"}) {
    const std::string sql = Filled(Filled(text, "%s", secret_), "%d", Database());
    const auto response = Post(sql);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status / 100, 5) << sql << "\n" << response->body;
    EXPECT_FALSE(ShowsOutside(response->body)) << sql;
  }
}

TEST_F(CageTest, WritersAreGrantedNoSources) {
  for (const char* text :
       {"SELECT * FROM file('%s', 'CSV', 'a String')", "CREATE TABLE f (a String) ENGINE = File(CSV, '%s')",
        "SELECT * FROM url('http://127.0.0.1:%p/', 'CSV', 'a String')",
        "CREATE TABLE u (a String) ENGINE = URL('http://127.0.0.1:%p/', CSV)"}) {
    const std::string sql = Filled(Filled(text, "%s", secret_), "%p", bystander_.Port());
    const auto response = Post(sql);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->get_header_value("X-ClickHouse-Exception-Code"), "497") << sql << "\n" << response->body;
  }
  EXPECT_FALSE(bystander_.WasCalled(50ms));
}

TEST_F(CageTest, WhatTheEngineCannotReadIsTheParsersToExplain) {
  const std::string answer = Text("SELECT 1 FRM numbers(1)", "?readonly=1");
  EXPECT_TRUE(answer.starts_with("Code: 62. DB::Exception: Syntax error: failed at position 14")) << answer;
  EXPECT_EQ(answer.find("formatQuery"), std::string::npos) << answer;
}

TEST_F(CageTest, WhatReadsStillReads) {
  EXPECT_EQ(Text("SELECT count() FROM rows", "?readonly=1"), "10\n");
  EXPECT_EQ(Text("SHOW TABLES", "?readonly=1"), "rows\n");
  EXPECT_EQ(Text("SELECT toDateTime('2025-07-01 12:00:00', 'UTC')::DateTime('Europe/Berlin')", "?readonly=1"),
            "2025-07-01 14:00:00\n");
  EXPECT_EQ(Text("SELECT a FROM rows ORDER BY a LIMIT 1;", "?readonly=1"), "0\n");
  EXPECT_NE(Text("EXPLAIN SELECT 1", "?readonly=1").find("ReadFromSystemOne"), std::string::npos);
}

TEST_F(CageTest, TheLockSaysWhatIsInForce) {
  const auto holder = FindLockHolder(folder_ + "/data");
  ASSERT_TRUE(holder);
  EXPECT_NE(holder->walls.find("network and programs: none (seccomp)"), std::string::npos) << holder->walls;
  EXPECT_EQ(holder->walls.find("Landlock ABI") != std::string::npos, FilesAreConfined()) << holder->walls;
}

}  // namespace
}  // namespace chimera::engine
