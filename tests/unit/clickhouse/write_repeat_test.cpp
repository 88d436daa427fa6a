// Inserts and DDL over servers that fail: never twice, never lost without a word.
#include <atomic>
#include <map>
#include <mutex>

#include "unit/clickhouse/client_test.h"

namespace chimera::clickhouse {
namespace {

const std::string kTableHeader =
    R"x(["engine","engine_full","create_table_query","toString(uuid)","dependencies_database","dependencies_table"])x"
    "\n"
    R"x(["String","String","String","String","Array(String)","Array(String)"])x"
    "\n";
const std::string kWindow = "MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100";

/// A server with tables that stores inserts, or fails them as told.
class Store {
 public:
  explicit Store(std::string engine_full = kWindow) { Add("t", engine_full); }

  void Add(const std::string& name, const std::string& engine_full, const std::string& create = "",
           const std::string& views = "") {
    std::string engine = engine_full.substr(0, engine_full.find_first_of(" ("));
    tables_[name] = "[\"" + engine + "\",\"" + engine_full + "\",\"" + create + "\",\"\",[" +
                    (views.empty() ? "" : "\"db\"") + "],[" + (views.empty() ? "" : "\"" + views + "\"") + "]]\n";
  }
  void FailNext(int count, std::string with = "") {
    std::lock_guard lock(mutex_);
    answer_ = std::move(with);
    failing_ = count;
  }

  int Port() const { return server_.Port(); }
  std::vector<WireRequest> Inserts() const { return Of("INSERT"); }
  size_t Questions() const { return server_.Requests().size() - Inserts().size(); }
  const ScriptedServer& Server() const { return server_; }

 private:
  std::vector<WireRequest> Of(const std::string& statement) const {
    std::vector<WireRequest> found;
    for (const auto& request : server_.Requests()) {
      if (Has(request.Parameter("query"), statement)) found.push_back(request);
    }
    return found;
  }
  bool Answer(const WireRequest& request, Peer& peer) {
    if (Has(request.body, "system.tables")) {
      return peer.Send(Reply(kTableHeader + tables_[request.Parameter("param_t")]));
    }
    std::string answer = Reply("");
    {
      std::lock_guard lock(mutex_);
      if (failing_-- > 0) answer = answer_;
    }
    return !answer.empty() && peer.Send(answer);
  }

  std::map<std::string, std::string> tables_;
  std::mutex mutex_;  ///< guards what follows
  std::string answer_;
  int failing_ = 0;
  ScriptedServer server_{[this](const WireRequest& request, Peer& peer) { return Answer(request, peer); }};
};

const Insert kInsert{"db", "t", {"a"}, "{\"a\":1}", "token"};

Result<Written> WriteTo(const std::vector<int>& ports, const Insert& insert = kInsert, int retries = 3) {
  HttpOptions options = OptionsFor(ports);
  options.retries = retries;
  return Connect(options)->Write(Within(10s), insert);
}

std::string Thrown(int code) {
  return Reply("Code: " + std::to_string(code) + ". DB::Exception: no. (NAME)\n", 500,
               "X-ClickHouse-Exception-Code: " + std::to_string(code) + "\r\n");
}

TEST(WriteRepeat, AfterALostAnswerWhereTheTableRecognisesIt) {
  Store store;
  store.FailNext(2);
  auto written = WriteTo({store.Port()});
  ASSERT_TRUE(written) << written.error().message;
  auto inserts = store.Inserts();
  ASSERT_EQ(inserts.size(), 3u);
  for (const auto& insert : inserts) {
    EXPECT_EQ(insert.Parameter("insert_deduplication_token"), "token");
    EXPECT_EQ(insert.body, kInsert.body);
  }
  EXPECT_NE(inserts[0].Parameter("query_id"), inserts[1].Parameter("query_id"));
  EXPECT_EQ(inserts[2].Parameter("query_id"), written->query_id);
  EXPECT_FALSE(AwaitKill(store.Server()).empty());
}

TEST(WriteRepeat, NotWhereTheTableWouldStoreItTwice) {
  for (const std::string& engine :
       {std::string("MergeTree ORDER BY a"), std::string("MergeTree SETTINGS non_replicated_deduplication_window = 0"),
        std::string("Log"), std::string("ReplicatedMergeTree SETTINGS replicated_deduplication_window = 0")}) {
    Store store(engine);
    store.FailNext(1);
    auto written = WriteTo({store.Port()});
    ASSERT_FALSE(written) << engine;
    EXPECT_EQ(store.Inserts().size(), 1u);
    EXPECT_FALSE(written.error().unsent);
    EXPECT_TRUE(Has(written.error().message, "db.t may or may not have been stored")) << written.error().message;
    EXPECT_TRUE(Has(written.error().hint, store.Inserts()[0].Parameter("query_id"))) << written.error().hint;
    EXPECT_TRUE(Has(written.error().hint, "not sent again")) << written.error().hint;
  }
}

TEST(WriteRepeat, NotWhereAViewsTableWouldStoreItTwice) {
  for (bool target_has_window : {false, true}) {
    Store store;
    store.Add("t", kWindow, "", "v");
    store.Add("v", "MaterializedView", "CREATE MATERIALIZED VIEW db.v TO db.target (`a` Int8) AS SELECT a FROM db.t");
    store.Add("target", target_has_window ? kWindow : "MergeTree ORDER BY a");
    store.FailNext(1);
    EXPECT_EQ(WriteTo({store.Port()}).ok(), target_has_window);
    EXPECT_EQ(store.Inserts().size(), target_has_window ? 2u : 1u);
  }
}

TEST(WriteRepeat, UnsentGoesToAnyHostWithoutAQuestion) {
  Store store("Log");
  EXPECT_TRUE(WriteTo({DeadPort(), store.Port()}));
  EXPECT_EQ(store.Questions(), 0u);
}

TEST(WriteRepeat, APossiblyStoredOneStaysOnItsHost) {
  Store first;
  Store second;
  first.FailNext(1);
  auto written = WriteTo({first.Port(), second.Port()});
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(first.Inserts().size(), 2u);
  EXPECT_EQ(second.Inserts().size(), 0u);
}

TEST(WriteRepeat, AReplicatedOneMayGoElsewhere) {
  Store first("ReplicatedMergeTree('/x', 'r') ORDER BY a");
  Store second("ReplicatedMergeTree('/x', 'r') ORDER BY a");
  first.FailNext(9);
  auto written = WriteTo({first.Port(), second.Port()});
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(second.Inserts().size(), 1u);
}

TEST(WriteRepeat, WhatTheServerDidNotBeginIsSentAgainWithoutAQuestion) {
  Store store("Log");
  store.FailNext(2, Thrown(202));
  EXPECT_TRUE(WriteTo({store.Port()}));
  EXPECT_EQ(store.Questions(), 0u);
}

TEST(WriteRepeat, AnExceptionThatPassesIsRepeatedAndLeavesNoDoubt) {
  Store store;
  store.FailNext(2, Thrown(252));
  EXPECT_TRUE(WriteTo({store.Port()}));
  store.FailNext(99, Thrown(252));
  Error error = WriteTo({store.Port()}).error();
  EXPECT_TRUE(Has(error.message, "(after 4 attempts)")) << error.message;
  EXPECT_FALSE(Has(error.message, "may or may not")) << error.message;
  store.FailNext(99, Thrown(319));
  EXPECT_TRUE(Has(WriteTo({store.Port()}).error().message, "may or may not"));
}

TEST(WriteRepeat, OneThatAnEarlierCallSentIsAskedForFirst) {
  Insert insert = kInsert;
  insert.repeated = true;
  Store store;
  EXPECT_TRUE(WriteTo({store.Port()}, insert));
  EXPECT_GE(store.Questions(), 1u);
  Store log("Log");
  Error error = WriteTo({log.Port()}, insert).error();
  EXPECT_TRUE(Has(error.message, "may or may not have been stored")) << error.message;
  EXPECT_FALSE(error.unsent);
  EXPECT_EQ(log.Inserts().size(), 0u);
}

TEST(WriteRepeat, ATimeoutLeavesItOpenAndSaysSo) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    peer.WaitForClose(5s);
    return false;
  });
  Error error = ConnectTo(server.Port())->Write(Within(50ms), kInsert).error();
  EXPECT_EQ(error.code, ErrorCode::kTimeout);
  EXPECT_TRUE(Has(error.message, "may or may not have been stored")) << error.message;
}

TEST(WriteRepeat, AHostThatStaysAwayLeavesItOpen) {
  auto store = std::make_unique<Store>();
  HttpOptions options = OptionsFor({store->Port()});
  options.retries = 3;
  std::unique_ptr<ScriptedServer> dying;
  int port = store->Port();
  store.reset();
  std::atomic<bool> received{false};
  auto client = Connect(options);
  dying = std::make_unique<ScriptedServer>(
      [&](const WireRequest&, Peer&) {
        received = true;
        return false;
      },
      std::string(), 64, port);
  std::thread killer([&] {
    while (!received) std::this_thread::sleep_for(1ms);
    dying.reset();
  });
  Error error = client->Write(Within(5s), kInsert).error();
  killer.join();
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_FALSE(error.unsent);
  EXPECT_TRUE(Has(error.message, "may or may not have been stored")) << error.message;
  EXPECT_FALSE(error.query_id.empty());
}

TEST(ExecuteRepeat, OnlyWhenNothingWasSent) {
  Store store;
  HttpOptions options = OptionsFor({DeadPort(), store.Port()});
  options.retries = 3;
  EXPECT_TRUE(Connect(options)->Execute(Within(5s), "CREATE TABLE x", ""));
  store.FailNext(1);
  options.hosts.erase(options.hosts.begin());
  auto done = Connect(options)->Execute(Within(5s), "CREATE TABLE x", "");
  ASSERT_FALSE(done);
  EXPECT_TRUE(Has(done.error().message, "may or may not have been carried out")) << done.error().message;
  EXPECT_EQ(store.Server().Requests().size(), 2u);
}

TEST(WriteAccount, WritesAndItsPasswordIsMasked) {
  ScriptedServer server(Always(Reply("Code: 60. DB::Exception: hunter22 and hunter2 and hunter. (NAME)", 404,
                                     "X-ClickHouse-Exception-Code: 60\r\n")));
  HttpOptions options = OptionsFor({server.Port()});
  options.write_account = Account{"writer", "hunter2"};
  auto client = Connect(options);
  Error error = client->Write(Within(5s), kInsert).error();
  EXPECT_EQ(error.message, "*** and *** and hunter. (NAME)");
  EXPECT_FALSE(client->Read(Within(5s), {.sql = "x"}));
  auto requests = server.Requests();
  EXPECT_TRUE(Has(requests.at(0).head, "X-ClickHouse-User: writer\r\n"));
  EXPECT_TRUE(Has(requests.at(0).head, "X-ClickHouse-Key: hunter2\r\n"));
  EXPECT_TRUE(Has(requests.at(1).head, "X-ClickHouse-User: default\r\n"));
}

}  // namespace
}  // namespace chimera::clickhouse
