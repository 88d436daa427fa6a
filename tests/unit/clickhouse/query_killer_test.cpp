#include "clickhouse/query_killer.h"

#include "unit/clickhouse/client_test.h"

namespace chimera::clickhouse {
namespace {

class QueryKillerTest : public ::testing::Test {
 protected:
  Endpoint Where() const {
    Endpoint endpoint;
    endpoint.host = "127.0.0.1";
    endpoint.port = server_.Port();
    return endpoint;
  }
  void AwaitKills(size_t count) const {
    for (auto end = Deadline::After(5s); server_.Kills().size() < count && !end.Expired();) {
      std::this_thread::sleep_for(1ms);
    }
    ASSERT_EQ(server_.Kills().size(), count);
  }

  ScriptedServer server_{Always(Reply(""))};
};

TEST_F(QueryKillerTest, KeepsItsConnectionWarm) {
  QueryKiller killer(Where(), 8s);
  for (size_t i = 1; i <= 5; ++i) {
    killer.Kill("id'" + std::to_string(i), {{"X-ClickHouse-User", "me"}});
    AwaitKills(i);
  }
  EXPECT_EQ(server_.Connections(), 1u);
  EXPECT_EQ(server_.Kills()[0], "KILL QUERY WHERE query_id = 'id\\'1' ASYNC");
  EXPECT_TRUE(Has(server_.KillRequests()[4].head, "X-ClickHouse-User: me\r\n"));
}

TEST_F(QueryKillerTest, ClosesItWhenItWasIdle) {
  QueryKiller killer(Where(), 20ms);
  killer.Kill("a", {});
  AwaitKills(1);
  std::this_thread::sleep_for(100ms);
  killer.Kill("b", {});
  AwaitKills(2);
  EXPECT_EQ(server_.Connections(), 2u);
}

TEST_F(QueryKillerTest, SendsWhatIsQueuedBeforeItEnds) {
  {
    QueryKiller killer(Where(), 8s);
    for (int i = 0; i < 10; ++i) killer.Kill(std::to_string(i), {});
  }
  EXPECT_EQ(server_.Kills().size(), 10u);
}

}  // namespace
}  // namespace chimera::clickhouse
