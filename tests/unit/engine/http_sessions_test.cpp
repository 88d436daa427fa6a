// HTTP sessions, over the engine's Unix socket.
#include "http_fixture.h"
#include "text_checks.h"

namespace chimera::engine {
namespace {

class HttpSessions : public HttpInterface {};

TEST_F(HttpSessions, ASessionKeepsWhatItWasTold) {
  const std::string session = "?session_id=one";
  EXPECT_EQ(Text("SET max_threads = 7", session) + Text("CREATE TEMPORARY TABLE t (a UInt8)", session), "");
  EXPECT_EQ(Text("INSERT INTO t FORMAT TSV\n1\n2\n", session) + Text("USE system", session), "");
  EXPECT_EQ(Text("SELECT getSetting('max_threads'), currentDatabase(), count() FROM t", session), "7\tsystem\t2\n");
  EXPECT_TRUE(Starts(Text("SELECT count() FROM t"), "Code: 60. "));
  EXPECT_TRUE(Starts(Text("SELECT count() FROM t", "?session_id=two"), "Code: 60. "));
  EXPECT_EQ(Text("SELECT count() FROM t", session + "&close_session=1"), "2\n");
  EXPECT_TRUE(Starts(Text("SELECT 1", session + "&session_check=1"), "Code: 372. "));
}

TEST_F(HttpSessions, ARequestsOwnSettingsDoNotStayInItsSession) {
  const std::string session = "?session_id=one";
  const std::string seen = "SELECT getSetting('max_threads'), getSetting('log_comment'), currentDatabase()";
  EXPECT_EQ(Text("SET max_threads = 7", session), "");
  EXPECT_EQ(Text(seen, session + "&max_threads=3&max_threads=4&log_comment=it%27s&database=system"),
            "4\tit\\'s\tsystem\n");
  EXPECT_EQ(Text(seen, session), "7\t\tdefault\n");
  EXPECT_EQ(Text("SELECT changed FROM system.settings WHERE name = 'log_comment'", session), "0\n");
  EXPECT_TRUE(Starts(Text("SELECT 1", session + "&max_threads=3&database=nowhere"), "Code: 81. "));
  EXPECT_TRUE(Starts(Text("SELECT nothing", session + "&max_threads=3"), "Code: 47. "));
  EXPECT_EQ(Text(seen, session), "7\t\tdefault\n");
}

TEST_F(HttpSessions, ASessionIsSerialAndOutlivesWhatIsEndedInIt) {
  const std::string session = "?session_id=one";
  ASSERT_EQ(Text("CREATE TEMPORARY TABLE t (a UInt8)", session), "");
  auto client = Connect();
  std::thread waiting([&] { client->Post("/" + session + "&query_id=left", kEndless, "text/plain"); });
  EXPECT_TRUE(Within(10s, [&] { return Text("KILL QUERY WHERE query_id = 'left' TEST") != ""; }));
  EXPECT_TRUE(Starts(Text("SELECT 1", session), "Code: 373. "));
  client->stop();
  waiting.join();
  EXPECT_TRUE(Within(5s, [&] { return Text("SELECT count() FROM t", session) == "0\n"; }));
}

TEST_F(HttpSessions, ASessionEndsWithItsTime) {
  const std::string session = "?session_id=one&session_timeout=1";
  ASSERT_EQ(Text("SET max_threads = 7", session), "");
  std::this_thread::sleep_for(1500ms);
  EXPECT_TRUE(Starts(Text("SELECT 1", session + "&session_check=1"), "Code: 372. "));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(Text("SELECT 1", "?session_id=" + std::to_string(i)), "1\n");
  EXPECT_TRUE(Starts(Text("SELECT 1", "?session_id=more"), "Code: 700. "));
}

TEST_F(HttpSessions, AGetDoesNotWriteInASession) {
  ASSERT_EQ(Text("CREATE TEMPORARY TABLE t (a UInt8)", "?session_id=one"), "");
  const auto get = [&](const std::string& query) { return Connect()->Get("/?session_id=one&query=" + query)->body; };
  EXPECT_TRUE(Starts(get("INSERT%20INTO%20t%20VALUES%20(1)"), "Code: 164. "));
  EXPECT_TRUE(Starts(get("INSERT%20INTO%20t%20SELECT%201"), "Code: 164. "));
  EXPECT_TRUE(Starts(get("DROP%20TABLE%20t"), "Code: 164. "));
  EXPECT_EQ(get("SELECT%20count()%20FROM%20t"), "0\n");
}

}  // namespace
}  // namespace chimera::engine
