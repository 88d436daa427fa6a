#include "tests/security/outside.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <regex>

namespace chimera::security {
namespace {

constexpr std::string_view kMarker = "f1e1d5c0-only-the-test-knows";

void Require(bool done, const char* what) {
  if (done) return;
  std::perror(what);
  std::abort();
}

int Listen(int kind, sockaddr_in& address) {
  socklen_t length = sizeof(address);
  const int fd = socket(AF_INET, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  Require(bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0, "bind");
  Require(kind == SOCK_DGRAM || listen(fd, 64) == 0, "listen");
  Require(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0, "getsockname");
  return fd;
}

int Accept(int listener) {
  return accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
}

std::string Replace(std::string text, std::string_view what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

}  // namespace

Outside::Outside(const std::string& folder) : folder_(folder + "/outside"), secret_(folder_ + "/secret.csv") {
  std::filesystem::create_directories(folder_);
  std::ofstream(secret_) << kMarker << "\n";
  watch_ = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  Require(inotify_add_watch(watch_, folder_.c_str(), IN_ALL_EVENTS) >= 0, "inotify");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  tcp_ = Listen(SOCK_STREAM, address);
  udp_ = Listen(SOCK_DGRAM, address);
  port_ = std::to_string(ntohs(address.sin_port));
}

Outside::~Outside() {
  for (const int fd : {tcp_, udp_, watch_}) close(fd);
}

std::string Outside::Fill(std::string text) const {
  return Replace(Replace(Replace(std::move(text), "%s", secret_), "%o", folder_), "%p", port_);
}

std::string Outside::Aim(std::string text) const {
  static const std::regex kAddress("https?://[A-Za-z0-9.:]+"), kHost("'h(:[0-9]+)?'");
  text = Replace(Replace(std::move(text), "/etc/passwd", secret_), "/tmp/", folder_ + "/");
  text = std::regex_replace(text, kAddress, "http://127.0.0.1:" + port_);
  return std::regex_replace(text, kHost, "'127.0.0.1:" + port_ + "'");
}

Touch Outside::Touched() {
  Touch touch;
  alignas(inotify_event) std::array<char, 4096> buffer;
  while (read(watch_, buffer.data(), buffer.size()) > 0) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer.data());  // the first of them
    touch.files += std::string(event->len > 0 ? event->name : "the folder") + ": event " + std::to_string(event->mask);
  }
  for (int caller = Accept(tcp_); caller >= 0; caller = Accept(tcp_)) {
    close(caller);
    touch.server = "127.0.0.1:" + port_ + " was called";
  }
  if (recv(udp_, buffer.data(), buffer.size(), 0) >= 0) touch.server += " 127.0.0.1:" + port_ + " was written to";
  return touch;
}

bool Outside::ShownIn(std::string_view answer) {
  return answer.find(kMarker) != std::string_view::npos || answer.find("root:x:0:0") != std::string_view::npos;
}

const std::vector<std::string>& ReachingForFiles() {
  static const std::vector<std::string> statements = {
      "SELECT file('%s')",
      "SELECT `fi\\x6ce`('%s')",
      "SELECT arrayMap(file, ['%s'])",
      "SELECT arrayMap(+{f:Identifier}, ['%s'])",
      "SELECT * APPLY(file) FROM (SELECT '%s' AS path)",
      "SELECT * FROM format(JSONEachRow, 'a String, b String DEFAULT file(a)', '{\"a\": \"%s\"}')",
      "SELECT 1 WHERE throwIf(1, file('%s'))",
      "SELECT file('inside.csv')",
      "SELECT * FROM file('%s', 'CSV', 'a String')",
      "SELECT * FROM file('inside.csv', 'CSV', 'a String')",
      "SELECT * FROM file('%o/*', 'CSV', 'a String')",
      "SELECT * FROM '%s'",
      "SELECT * FROM `%s`",
      "DESCRIBE TABLE file('%s')",
      "SELECT * FROM fileCluster('default', '%s', 'CSV', 'a String')",
      "SELECT 1 IN file('%s', 'CSV', 'a String')",
      "SELECT * FROM view(SELECT * FROM file('%s', 'CSV', 'a String'))",
      "SELECT * FROM sqlite('%s', 't')",
      "SELECT * FROM executable('cat %s', 'CSV', 'a String')",
      "SELECT catboostEvaluate('%s', 1)",
      "SELECT * FROM icebergLocal('%o')",
      "SELECT * FROM deltaLakeLocal('%o')",
      "SELECT * FROM filesystem('%o')",
      "SELECT 1 INTO OUTFILE '%o/new.csv'",
      "SELECT 1 INTO OUTFILE '%s' TRUNCATE",
      "SELECT 1 INTO OUTFILE '%s' APPEND",
      "INSERT INTO FUNCTION file('%o/new.csv') SELECT 1",
      "INSERT INTO FUNCTION file('inside.csv', 'CSV', 'a String') SELECT 'x'",
      "CREATE TABLE outside_file (a String) ENGINE = File(CSV, '%s')",
      "CREATE TABLE outside_log (a String) ENGINE = FileLog('%o', CSV)",
      "CREATE TABLE outside_link (a String) ENGINE = File(CSV, 'inside.csv')",
      "SELECT * FROM outside_file",
      "INSERT INTO outside_file SELECT 'x'",
      "CREATE DATABASE outside_files ENGINE = Filesystem('%o')",
      "SELECT * FROM outside_files.`secret.csv`",
      "CREATE DATABASE outside_sqlite ENGINE = SQLite('%s')",
      "CREATE DICTIONARY outside_dictionary (a String, b String) PRIMARY KEY a SOURCE(FILE(PATH '%s' FORMAT 'CSV')) "
      "LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)",
      "SELECT * FROM outside_dictionary",
      "CREATE DICTIONARY outside_program (a String, b String) PRIMARY KEY a SOURCE(EXECUTABLE(COMMAND 'touch %o/new' "
      "FORMAT 'CSV')) LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)",
      "SELECT * FROM outside_program",
      "CREATE TABLE outside_disk (a String) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = local, path = "
      "'%o/disk/')",
      "ATTACH TABLE outside_table FROM '%o' (a String) ENGINE = File(CSV)",
      "BACKUP DATABASE system TO File('%o/backup')",
      "RESTORE DATABASE outside FROM File('%s')",
      "CREATE TABLE outside_schema (a String) ENGINE = Memory",
      "SELECT 1 AS a SETTINGS format_schema = '%s:M' FORMAT Protobuf",
      "SELECT 1 AS a FORMAT Protobuf SETTINGS output_format_schema = '%o/schema.proto'",
  };
  return statements;
}

const std::vector<std::string>& ReachingForServers() {
  static const std::vector<std::string> statements = {
      "SELECT * FROM url('http://127.0.0.1:%p/', 'CSV', 'a String')",
      "SELECT * FROM 'http://127.0.0.1:%p/x.csv'",
      "EXPLAIN SELECT * FROM url('http://127.0.0.1:%p/')",
      "DESCRIBE url('http://127.0.0.1:%p/')",
      "SELECT * FROM urlCluster('default', 'http://127.0.0.1:%p/', 'CSV', 'a String')",
      "INSERT INTO FUNCTION url('http://127.0.0.1:%p/', 'CSV', 'a String') SELECT 'x'",
      "CREATE TABLE outside_url (a String) ENGINE = URL('http://127.0.0.1:%p/', CSV)",
      "SELECT * FROM outside_url",
      "SELECT * FROM s3('http://127.0.0.1:%p/b/k', 'CSV', 'a String')",
      "SELECT * FROM azureBlobStorage('http://127.0.0.1:%p/', 'c', 'x', 'a', 'k', 'CSV', 'auto', 'a String')",
      "SELECT * FROM remote('127.0.0.1:%p', 'system', 'one')",
      "SELECT * FROM remoteSecure('127.0.0.1:%p', 'system', 'one')",
      "SELECT hasColumnInTable('127.0.0.1:%p', 'u', 'p', 'system', 'one', 'dummy')",
      "CREATE TABLE outside_distributed AS system.one ENGINE = Distributed('127.0.0.1:%p', 'system', 'one')",
      "SELECT * FROM mysql('127.0.0.1:%p', 'd', 't', 'u', 'p')",
      "SELECT * FROM postgresql('127.0.0.1:%p', 'd', 't', 'u', 'p')",
      "SELECT * FROM mongodb('127.0.0.1:%p', 'd', 't', 'u', 'p', 'a String')",
      "SELECT * FROM redis('127.0.0.1:%p', 'a', 'a String')",
      "CREATE DATABASE outside_mysql ENGINE = MySQL('127.0.0.1:%p', 'd', 'u', 'p')",
      "CREATE DATABASE outside_postgresql ENGINE = PostgreSQL('127.0.0.1:%p', 'd', 'u', 'p')",
      "SELECT * FROM iceberg('http://127.0.0.1:%p/x')",
      "SELECT * FROM deltaLake('http://127.0.0.1:%p/x')",
      "SELECT * FROM arrowFlight('127.0.0.1:%p', 'd')",
      "CREATE DICTIONARY outside_http (a String, b String) PRIMARY KEY a SOURCE(HTTP(URL 'http://127.0.0.1:%p/' FORMAT "
      "'CSV')) LAYOUT(COMPLEX_KEY_HASHED()) LIFETIME(0)",
      "SELECT * FROM outside_http",
      "BACKUP DATABASE system TO S3('http://127.0.0.1:%p/b', 'k', 's')",
      "SELECT * FROM executable('curl http://127.0.0.1:%p/', 'CSV', 'a String')",
  };
  return statements;
}

const std::vector<std::string>& ReachingPatiently() {
  static const std::vector<std::string> statements = {
      "SELECT * FROM hdfs('hdfs://127.0.0.1:%p/x', 'CSV', 'a String')",
      "SELECT * FROM jdbc('jdbc:mysql://127.0.0.1:%p/', 'b', 'c')",
      "SELECT * FROM odbc('DSN=a', 'b', 'c')",
      "CREATE TABLE outside_web (a String) ENGINE = MergeTree ORDER BY a SETTINGS disk = disk(type = web, endpoint = "
      "'http://127.0.0.1:%p/')",
  };
  return statements;
}

std::vector<std::string> HostileStatements(const Outside& outside) {
  std::vector<std::string> statements;
  for (const auto* list : {&ReachingForFiles(), &ReachingForServers()}) {
    for (const std::string& text : *list) statements.push_back(outside.Fill(text));
  }
  for (const Case& each : LoadCorpus("hostile.jsonl")) {
    statements.push_back(each.sql);
    if (std::string aimed = outside.Aim(each.sql); aimed != each.sql) statements.push_back(std::move(aimed));
  }
  return statements;
}

}  // namespace chimera::security
