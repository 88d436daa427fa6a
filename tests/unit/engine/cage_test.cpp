// Hostile statements sent straight to an engine, with no gate before it: no row changes, no byte from outside is read,
// nobody outside is called. Those of tests/security join when they are there.
#include "engine/cage.h"

#include <arpa/inet.h>
#include <poll.h>

#include <nlohmann/json.hpp>

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
  /// Everything that a statement could have changed, as the engine tells it.
  std::string Everything() const {
    return Text("SELECT count(), sum(a) FROM rows") +
           Text("SELECT database, name, engine FROM system.tables ORDER BY ALL") +
           Text("SELECT name FROM system.databases ORDER BY 1") + Text("SELECT name FROM system.users ORDER BY 1") +
           Text("SELECT name FROM system.functions WHERE origin != 'System'");
  }
  std::vector<std::string> Statements() const;

  std::string secret_;
  Bystander bystander_;
};

/// `%s` is a file outside, `%d` the data folder, `%p` the port of a server outside.
constexpr const char* kHostile[] = {
    "INSERT INTO rows VALUES (1)",
    "INSERT INTO rows SELECT 1",
    "WITH y AS (SELECT 1) INSERT INTO rows SELECT * FROM y",
    "INSERT INTO rows FROM INFILE '%s' FORMAT CSV",
    "INSERT INTO FUNCTION file('%d/x.csv') SELECT 1",
    "INSERT INTO FUNCTION url('http://127.0.0.1:%p/') SELECT 1",
    "DROP TABLE rows",
    "TRUNCATE TABLE rows",
    "ALTER TABLE rows DELETE WHERE 1",
    "DELETE FROM rows WHERE 1",
    "UPDATE rows SET a = 1 WHERE 1",
    "OPTIMIZE TABLE rows FINAL",
    "RENAME TABLE rows TO others",
    "DETACH TABLE rows",
    "CREATE TABLE t (a String) ENGINE = Memory",
    "CREATE TEMPORARY TABLE t (a String)",
    "CREATE TABLE t (a String) ENGINE = File(CSV, '%s')",
    "CREATE DATABASE d",
    "CREATE FUNCTION f AS x -> x",
    "CREATE USER u",
    "GRANT ALL ON *.* TO default",
    "CREATE DICTIONARY d (a String) PRIMARY KEY a SOURCE(FILE(PATH '%s' FORMAT 'CSV')) LAYOUT(FLAT()) LIFETIME(0)",
    "CREATE DICTIONARY d (a String) PRIMARY KEY a SOURCE(HTTP(URL 'http://127.0.0.1:%p/' FORMAT 'CSV')) LAYOUT(FLAT()) "
    "LIFETIME(0)",
    "BACKUP TABLE rows TO File('%d/b')",
    "SYSTEM SHUTDOWN",
    "KILL QUERY WHERE 1",
    "SET readonly = 0",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT 1; DROP TABLE rows",
    "SELECT 1;;INSERT INTO rows VALUES (1)",
    "SELECT 1 PARALLEL WITH DROP TABLE rows",
    "DROP TABLE rows PARALLEL WITH SELECT 1",
    "SELECT 1 INTO OUTFILE '%d/out'",
    "SELECT 1 INTO/**/OUTFILE '%s' TRUNCATE",
    "SELECT file('%s')",
    "SELECT `fi\\x6ce`('%s')",
    "SELECT arrayMap(file, ['%s'])",
    "SELECT * APPLY(file) FROM (SELECT '%s' AS path)",
    "SELECT file('%d/link.csv')",
    "SELECT * FROM file('%s', 'CSV', 'a String')",
    "SELECT * FROM file('%d/link.csv', 'CSV', 'a String')",
    "SELECT * FROM file('-', 'CSV', 'a String')",
    "SELECT * FROM '%s'",
    "SELECT * FROM `%s`",
    "DESCRIBE TABLE file('%s')",
    "SELECT * FROM fileCluster('default', '%s', 'CSV', 'a String')",
    "SELECT 1 IN file('%s', 'CSV', 'a String')",
    "SELECT * FROM view(SELECT * FROM file('%s', 'CSV', 'a String'))",
    "SELECT * FROM url('http://127.0.0.1:%p/', 'CSV', 'a String')",
    "SELECT * FROM 'http://127.0.0.1:%p/x.csv'",
    "SELECT * FROM s3('http://127.0.0.1:%p/b/k', 'CSV', 'a String')",
    "SELECT * FROM remote('127.0.0.1:%p', 'system', 'one')",
    "SELECT * FROM remoteSecure('127.0.0.1:%p', 'system', 'one')",
    "SELECT * FROM mysql('127.0.0.1:%p', 'd', 't', 'u', 'p')",
    "SELECT * FROM postgresql('127.0.0.1:%p', 'd', 't', 'u', 'p')",
    "SELECT * FROM mongodb('127.0.0.1:%p', 'd', 't', 'u', 'p', 'a String')",
    "SELECT * FROM redis('127.0.0.1:%p', 'a', 'a String')",
    "SELECT * FROM sqlite('%s', 't')",
    "SELECT * FROM hdfs('hdfs://127.0.0.1:%p/x', 'CSV', 'a String')",
    "SELECT * FROM azureBlobStorage('http://127.0.0.1:%p/', 'c', 'x', 'a', 'k', 'CSV', 'auto', 'a String')",
    "SELECT * FROM jdbc('a', 'b', 'c')",
    "SELECT * FROM odbc('DSN=a', 'b', 'c')",
    "SELECT * FROM executable('cat %s', 'CSV', 'a String')",
    "SELECT * FROM icebergS3('http://127.0.0.1:%p/x')",
    "SELECT * FROM deltaLake('http://127.0.0.1:%p/x')",
    "SELECT * FROM dictionary('d')",
    "SELECT dictGet('d', 'a', 1)",
    "SELECT catboostEvaluate('%s', 1)",
    "EXPLAIN SELECT * FROM url('http://127.0.0.1:%p/', 'CSV', 'a String')",
};

std::string Filled(std::string text, const std::string& mark, const std::string& value) {
  for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
    text.replace(at, mark.size(), value);
  return text;
}

/// Those above, and the `sql` of every line of tests/security/**/*.jsonl whose name says that they are hostile.
std::vector<std::string> CageTest::Statements() const {
  std::vector<std::string> statements;
  for (const std::string text : kHostile)
    statements.push_back(Filled(Filled(Filled(text, "%s", secret_), "%d", Database()), "%p", bystander_.Port()));
  if (!std::filesystem::exists(SECURITY_CORPUS)) return statements;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(SECURITY_CORPUS)) {
    if (!entry.path().filename().string().starts_with("hostile") || entry.path().extension() != ".jsonl") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      const auto parsed = nlohmann::json::parse(line, nullptr, false);
      if (parsed.is_object() && parsed.contains("sql")) statements.push_back(parsed["sql"]);
    }
  }
  return statements;
}

/// The root of this machine's accounts, as /etc/passwd has it.
bool ShowsOutside(const std::string& answer) {
  return answer.find(kSecret) != std::string::npos || answer.find("root:x:0:0") != std::string::npos;
}

TEST_F(CageTest, AReadThatTheGateLetThroughChangesNothingAndReachesNothing) {
  const std::string before = Everything();
  for (const std::string& sql : Statements()) {
    const std::string answer = Text(sql, "?readonly=1&max_execution_time=1");
    ASSERT_FALSE(ShowsOutside(answer)) << sql << "\n" << answer;
    ASSERT_EQ(answer.find("no answer"), std::string::npos) << sql;
    ASSERT_FALSE(bystander_.WasCalled()) << sql;
  }
  EXPECT_FALSE(bystander_.WasCalled(50ms));
  EXPECT_EQ(Everything(), before);
  EXPECT_FALSE(std::filesystem::exists(Database() + "/out"));
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
  EXPECT_NE(Text("EXPLAIN SELECT 1", "?readonly=1").find("Expression"), std::string::npos);
}

TEST_F(CageTest, TheLockSaysWhatIsInForce) {
  const auto holder = FindLockHolder(folder_ + "/data");
  ASSERT_TRUE(holder);
  EXPECT_NE(holder->walls.find("network and programs: none (seccomp)"), std::string::npos) << holder->walls;
  EXPECT_EQ(holder->walls.find("Landlock ABI") != std::string::npos, FilesAreConfined()) << holder->walls;
}

}  // namespace
}  // namespace chimera::engine
