#include "mcp/http_gate.h"

#include <gtest/gtest.h>

namespace chimera::mcp {
namespace {

RequestHead Good() {
  return {.method = "POST",
          .path = "/mcp",
          .host = "127.0.0.1:8080",
          .origin = "",
          .content_type = "application/json",
          .accept = "application/json, text/event-stream"};
}

GateOptions Bound(const std::string& host) {
  GateOptions options;
  options.bound_host = host;
  return options;
}

int StatusOf(const RequestHead& head, const GateOptions& options = Bound("127.0.0.1")) {
  const auto refusal = HttpGate(options).Check(head);
  return refusal ? refusal->status : 0;
}

template <typename Member>
int With(Member member, const std::string& value, const GateOptions& options = Bound("127.0.0.1")) {
  RequestHead head = Good();
  head.*member = value;
  return StatusOf(head, options);
}

TEST(HttpGateTest, HostsThatReachTheServer) {
  for (const char* host : {"127.0.0.1", "localhost:1", "LOCALHOST", "[::1]:80", "127.8.9.1:80"}) {
    EXPECT_EQ(With(&RequestHead::host, host), 0) << host;
  }
  for (const char* host : {"",
                           "evil.example",
                           "localhost.evil.example",
                           "127.0.0.1.evil.example:80",
                           "10.0.0.1",
                           ":80",
                           "[evil]",
                           "127.evil",
                           "localhost:x@evil",
                           "localhost:80@evil.example",
                           "[::1].evil",
                           "[::1]evil:80",
                           "[::1",
                           "::1",
                           "localhost:",
                           "localhost:123456",
                           "localhost:80 ",
                           "localhost:+80",
                           "localhost/",
                           "localhost#evil",
                           "user@localhost",
                           "[127.0.0.1]",
                           "[::1]:8a",
                           "localhost, evil.example"}) {
    EXPECT_EQ(With(&RequestHead::host, host), 403) << host;
  }
}

TEST(HttpGateTest, HostsOfTheOperator) {
  GateOptions named = Bound("db.example");
  named.allowed_hosts = {"mcp.example", "other.example:81"};
  for (const char* host : {"db.example:80", "MCP.example:9", "other.example:81"}) {
    EXPECT_EQ(With(&RequestHead::host, host, named), 0) << host;
  }
  EXPECT_EQ(With(&RequestHead::host, "other.example:82", named), 403);
  const GateOptions everywhere = Bound("0.0.0.0");
  EXPECT_EQ(With(&RequestHead::host, "10.0.0.1:80", everywhere), 0);
  EXPECT_EQ(With(&RequestHead::host, "evil.example", everywhere), 403);
}

TEST(HttpGateTest, Origins) {
  for (const char* origin : {"", "http://localhost:6274", "https://127.0.0.1", "http://[::1]:3000"}) {
    EXPECT_EQ(With(&RequestHead::origin, origin), 0) << origin;
  }
  for (const char* origin : {"null", "http://evil.example", "http://localhost.evil.example", "file://localhost",
                             "http://evil.example/localhost", "localhost", "http://localhost@evil.example",
                             "http://localhost:80@evil.example", "http://[::1].evil.example", "http://localhost/",
                             "http://localhost:80/path", "http://localhost?x", "http://localhost:x", "http://",
                             "http://user@localhost", "http://localhost http://evil.example"}) {
    EXPECT_EQ(With(&RequestHead::origin, origin), 403) << origin;
  }
  GateOptions options = Bound("127.0.0.1");
  options.allowed_origins = {"https://app.example"};
  EXPECT_EQ(With(&RequestHead::origin, "https://app.example", options), 0);
  EXPECT_EQ(With(&RequestHead::origin, "http://app.example", options), 403);
}

TEST(HttpGateTest, PathsAndMethods) {
  EXPECT_EQ(With(&RequestHead::path, "/"), 404);
  EXPECT_EQ(With(&RequestHead::path, "/mcp/x"), 404);
  for (const char* method : {"HEAD", "PUT", "OPTIONS", "PATCH"}) {
    EXPECT_EQ(With(&RequestHead::method, method), 405) << method;
  }
  RequestHead end = Good();
  end.method = "DELETE";
  end.content_type = "";
  EXPECT_EQ(StatusOf(end), 0);
}

TEST(HttpGateTest, ARefusedMethodHearsWhichOnesThereAre) {
  const auto allow = [](const std::string& path, const std::string& version) {
    RequestHead head = Good();
    head.method = "PUT";
    head.path = path;
    head.version = version;
    return HttpGate(Bound("127.0.0.1")).Check(head).value_or(Refusal()).allow;
  };
  EXPECT_EQ(allow("/mcp", ""), "POST, GET, DELETE");
  EXPECT_EQ(allow("/mcp", "2025-11-25"), "POST, GET, DELETE");
  EXPECT_EQ(allow("/mcp", "2026-07-28"), "POST");
  EXPECT_EQ(allow("/sse", ""), "GET");
  EXPECT_EQ(allow("/messages", ""), "POST");
}

TEST(HttpGateTest, PagesAreReadFromAnyAddress) {
  const HttpGate gate(Bound("127.0.0.1"));
  const auto status = [&gate](const std::string& method, const std::string& host, const std::string& origin,
                              bool any_host) {
    const auto refusal = gate.CheckPage(
        {.method = method, .path = "/p", .host = host, .origin = origin, .content_type = "", .accept = ""}, any_host);
    return refusal ? refusal->status : 0;
  };
  for (const char* host : {"10.0.0.1:80", "[fd00::1]:80", "localhost"})
    EXPECT_EQ(status("GET", host, "", false), 0) << host;
  EXPECT_EQ(status("HEAD", "localhost", "", false), 0);
  EXPECT_EQ(status("GET", "evil.example", "", false), 403);
  EXPECT_EQ(status("GET", "", "", false), 403);
  EXPECT_EQ(status("GET", "evil.example", "", true), 0);
  EXPECT_EQ(status("GET", "10.0.0.1", "http://evil.example", true), 403);
  EXPECT_EQ(status("POST", "localhost", "", true), 405);
}

TEST(HttpGateTest, MediaTypes) {
  for (const char* type : {"application/json", "Application/JSON; charset=utf-8"}) {
    EXPECT_EQ(With(&RequestHead::content_type, type), 0) << type;
  }
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"}) {
    EXPECT_EQ(With(&RequestHead::content_type, type), 415) << type;
  }
  for (const char* accept : {"", "*/*", "application/*", "text/html, application/json;q=0.5"}) {
    EXPECT_EQ(With(&RequestHead::accept, accept), 0) << accept;
  }
  EXPECT_EQ(With(&RequestHead::accept, "text/html,text/event-stream"), 406);
}

}  // namespace
}  // namespace chimera::mcp
