#include "config/hosts.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace chimera::config {
namespace {

std::string Parsed(const std::string& text) {
  const auto hosts = ParseHosts(text);
  if (!hosts.ok()) return "failed: " + hosts.error().message;
  std::vector<std::string> out;
  for (const auto& host : hosts->list) out.push_back(ToText(host));
  const std::string scheme = !hosts->secure ? "" : *hosts->secure ? "https " : "http ";
  return scheme + Join(out, " ") + (hosts->path.empty() ? "" : " " + hosts->path);
}

TEST(ParseHosts, TakesNamesAddressesAndLists) {
  EXPECT_EQ(Parsed("db_1.example"), "db_1.example");
  EXPECT_EQ(Parsed("10.0.0.1:65535"), "10.0.0.1:65535");
  EXPECT_EQ(Parsed("2001:db8::1"), "[2001:db8::1]");
  EXPECT_EQ(Parsed("[fe80::1%eth0]:1"), "[fe80::1%eth0]:1");
  EXPECT_EQ(Parsed(" a , b:2,,"), "a b:2");
}

TEST(ParseHosts, TakesHttpAddresses) {
  EXPECT_EQ(Parsed("HTTPS://db:8443/"), "https db:8443");
  EXPECT_EQ(Parsed("http://[::1]:8123/a/b"), "http [::1]:8123 /a/b");
  EXPECT_EQ(Parsed("https://a:1,b"), "https a:1 b");
  EXPECT_EQ(Parsed("https://a/x,https://b/x"), "https a b /x");
}

TEST(ParseHosts, RefusesWhatIsNoHost) {
  for (const char* wrong :
       {",", "db:", "db:0", "db:65536", "db:x", "db:1:2", ":1", "[::1", "[db]:1", "::1]", "a b", "-a", "/run/db.sock",
        "db\\x", "münchen", "https://", "https://:8443", "http://a,https://b", "https://a/x,https://b"}) {
    EXPECT_FALSE(ParseHosts(wrong).ok()) << wrong << " became " << Parsed(wrong);
  }
}

TEST(ParseHosts, NamesTheSettingsToUseInstead) {
  const auto hint = [](const char* text) { return ParseHosts(text).error().hint; };
  EXPECT_EQ(hint("clickhouse://db:9440/sales"), "set CH_HOST=db CH_PORT=8443 CH_SECURE=true CH_DATABASE=sales");
  EXPECT_EQ(hint("jdbc:clickhouse://db:9000"), "set CH_HOST=db CH_PORT=8123 CH_SECURE=false");
  EXPECT_EQ(hint("tcp://db"), "set CH_HOST=db");
  EXPECT_EQ(hint("db:8443/ch"), "set CH_HOST=db CH_PORT=8443 CH_SECURE=true CH_HTTP_PATH=/ch");
  EXPECT_EQ(hint("https://u:p@db:443/ch").substr(0, 69),
            "set CH_HOST=db CH_PORT=443 CH_SECURE=true CH_HTTP_PATH=/ch, and the a");
}

TEST(ParseHosts, NeverRepeatsWhatCouldBeAPassword) {
  for (const char* text :
       {"https://u:s3cret@db:8443", "https://u:a@s3cret@db", "https://u:s3cret?x@db", "https://db/?password=a@s3cret",
        "https://db/?password=s3cret", "u:s3cret,x@db", "u:s3cret@b c", "clickhouse://u:s3cret@db:9000/x",
        "u:x/s3cret@db", "a,https://u:s3cret@b", "https://u:s3cret#@db"}) {
    const auto hosts = ParseHosts(text);
    ASSERT_FALSE(hosts.ok()) << text;
    EXPECT_EQ((hosts.error().message + hosts.error().hint).find("s3cret"), std::string::npos)
        << hosts.error().message << "\n"
        << hosts.error().hint;
  }
}

}  // namespace
}  // namespace chimera::config
