#include "clickhouse/progress_watcher.h"

#include <condition_variable>
#include <mutex>

#include "unit/clickhouse/client_test.h"

namespace chimera::clickhouse {
namespace {

/// What was told, on any thread.
class Told {
 public:
  ProgressWatcher::Tell Teller() {
    return [this](const Progress& progress) {
      const std::lock_guard lock(mutex_);
      all_.push_back(progress);
      changed_.notify_all();
    };
  }
  std::vector<Progress> Await(size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 5s, [&] { return all_.size() >= count; }));
    return all_;
  }
  size_t Count() {
    const std::lock_guard lock(mutex_);
    return all_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Progress> all_;
};

bool IsLook(const WireRequest& request) {
  return Has(request.body, "FROM system.processes");
}

/// Answers looks with one line after another, the last one again and again.
ScriptedServer::Script Lines(std::vector<std::string> lines) {
  return [lines = std::move(lines), next = std::make_shared<std::atomic<size_t>>(0)](const WireRequest&, Peer& peer) {
    return peer.Send(Reply(lines[std::min<size_t>((*next)++, lines.size() - 1)]));
  };
}

ProgressWatcher::Options Quick(const ScriptedServer& server) {
  ProgressWatcher::Options options;
  options.endpoint.host = "127.0.0.1";
  options.endpoint.port = server.Port();
  options.headers = {{"X-ClickHouse-User", "me"}};
  options.first_look = 30ms;
  options.pause = 5ms;
  return options;
}

size_t AwaitRequests(const ScriptedServer& server, size_t count) {
  for (auto end = Deadline::After(5s); server.Requests().size() < count && !end.Expired();) {
    std::this_thread::sleep_for(1ms);
  }
  return server.Requests().size();
}

TEST(ProgressWatcher, TellsWhatGrows) {
  ScriptedServer server(Lines({"", "a\t0\t0\t0\n", "a\t10\t80\t100\n", "a\t10\t80\t100\n", "a\t5\t40\t100\n",
                               "a\t12400000\t310000000\t100\n"}));
  ProgressWatcher watcher(Quick(server));
  Told told;
  const auto watch = watcher.Begin("a", told.Teller());
  const auto all = told.Await(2);
  EXPECT_EQ(all[0].done, 10);
  EXPECT_EQ(all[0].total, 100);
  EXPECT_EQ(all[0].message, "10 rows, 80 B read");
  EXPECT_EQ(all[1].done, 12400000);
  EXPECT_EQ(all[1].total, std::nullopt) << "less than what was read";
  EXPECT_EQ(all[1].message, "12.4M rows, 310 MB read");
  AwaitRequests(server, 8);
  EXPECT_EQ(told.Count(), 2u);
  EXPECT_EQ(server.Connections(), 1u);
  EXPECT_EQ(server.Requests()[0].body,
            "SELECT query_id, read_rows, read_bytes, total_rows_approx FROM system.processes WHERE query_id IN ('a') "
            "FORMAT TSV");
  EXPECT_TRUE(Has(server.Requests()[0].head, "X-ClickHouse-User: me\r\n"));
}

TEST(ProgressWatcher, LeavesShortStatementsAlone) {
  ScriptedServer server(Lines({"a\t1\t1\t1\n"}));
  ProgressWatcher watcher(Quick(server));
  Told told;
  { const auto watch = watcher.Begin("a", told.Teller()); }
  std::this_thread::sleep_for(80ms);
  EXPECT_EQ(server.Connections(), 0u);
}

TEST(ProgressWatcher, LooksForAllAtOnce) {
  ScriptedServer server(Lines({"b\t2\t2\t2\na\t1\t1\t1\nc\t3\t3\t3\n"}));
  auto options = Quick(server);
  options.query_id_sql = "Settings['x']";
  ProgressWatcher watcher(options);
  Told a, b;
  const auto watch_a = watcher.Begin("a", a.Teller());
  const auto watch_b = watcher.Begin("b", b.Teller());
  EXPECT_EQ(a.Await(1)[0].done, 1);
  EXPECT_EQ(b.Await(1)[0].done, 2);
  EXPECT_TRUE(Has(server.Requests()[0].body, "SELECT Settings['x'], ")) << server.Requests()[0].body;
  EXPECT_TRUE(Has(server.Requests()[0].body, "WHERE Settings['x'] IN ('a', 'b')")) << server.Requests()[0].body;
}

TEST(ProgressWatcher, EndsWithTheStatementAlthoughALookHangs) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    peer.WaitForClose(200ms);
    return peer.Send(Reply("a\t1\t1\t1\n"));
  });
  ProgressWatcher watcher(Quick(server));
  Told told;
  {
    std::optional<ProgressWatcher::Watch> watch = watcher.Begin("a", told.Teller());
    AwaitRequests(server, 1);
    EXPECT_LT(Timed([&] { watch.reset(); }), 100ms);
  }
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(told.Count(), 0u);
}

TEST(ProgressWatcher, IsDestroyedAlthoughALookHangs) {
  ScriptedServer server([](const WireRequest&, Peer& peer) { return peer.WaitForClose(5s); });
  auto watcher = std::make_unique<ProgressWatcher>(Quick(server));
  Told told;
  {
    const auto watch = watcher->Begin("a", told.Teller()), other = watcher->Begin("b", told.Teller());
    AwaitRequests(server, 1);
  }
  EXPECT_LT(Timed([&] { watcher.reset(); }), 1s);
}

TEST(ProgressWatcher, AsksNoMoreWhereItIsRefused) {
  ScriptedServer server(Always(Reply("Code: 497. DB::Exception: Not enough privileges", 403)));
  ProgressWatcher watcher(Quick(server));
  Told told;
  const auto watch = watcher.Begin("a", told.Teller());
  AwaitRequests(server, 1);
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(server.Requests().size(), 1u);
  EXPECT_EQ(told.Count(), 0u);
}

TEST(ProgressWatcher, ComesBackWhereItsConnectionWasClosed) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    peer.Send(Reply("a\t1\t1\t1\nb\t1\t1\t1\n"));
    return false;
  });
  ProgressWatcher watcher(Quick(server));
  for (const char* id : {"a", "b"}) {
    Told told;
    const auto watch = watcher.Begin(id, told.Teller());
    told.Await(1);
  }
  EXPECT_GE(server.Connections(), 2u);
}

TEST(ProgressWatcher, ClosesAnIdleConnection) {
  ScriptedServer server(Always(Reply("a\t1\t1\t1\nb\t1\t1\t1\n")));
  auto options = Quick(server);
  options.idle_lifetime = 20ms;
  ProgressWatcher watcher(options);
  for (const char* id : {"a", "b"}) {
    {
      Told told;
      const auto watch = watcher.Begin(id, told.Teller());
      told.Await(1);
    }
    std::this_thread::sleep_for(150ms);
  }
  EXPECT_EQ(server.Connections(), 2u);
}

TEST(ProgressText, HasThreeDigits) {
  EXPECT_EQ(ProgressText(0, 0), "0 rows, 0 B read");
  EXPECT_EQ(ProgressText(999, 999'600), "999 rows, 1.00 MB read");
  EXPECT_EQ(ProgressText(1'000, 99'960), "1.00k rows, 100 kB read");
  EXPECT_EQ(ProgressText(UINT64_MAX, 12'345'678'901), "18447P rows, 12.3 GB read");
}

// A client: its statements wait until they were looked for.
class ClientProgress : public ::testing::Test {
 protected:
  Result<Rows> Read(const RequestContext& context) {
    const auto client = ConnectTo(server_.Port());
    return client->Read(context, {.sql = "SELECT 1"});
  }
  static size_t Looks(const ScriptedServer& server) {
    const auto requests = server.Requests();
    return std::count_if(requests.begin(), requests.end(), IsLook);
  }

  std::string query_id_;
  std::mutex mutex_;
  ScriptedServer server_{[this](const WireRequest& request, Peer& peer) {
    std::unique_lock lock(mutex_);
    if (IsLook(request)) return peer.Send(Reply(query_id_ + "\t7\t8\t9\n"));
    query_id_ = request.Parameter("query_id");
    lock.unlock();
    std::this_thread::sleep_for(500ms);
    return peer.Send(Reply(kBody));
  }};
};

TEST_F(ClientProgress, IsToldWhoWantsToKnow) {
  Told told;
  RequestContext context = Within(10s);
  context.on_progress = told.Teller();
  ASSERT_TRUE(Read(context));
  EXPECT_EQ(told.Await(1)[0].done, 7);
  EXPECT_TRUE(Has(server_.Requests()[1].head, "X-ClickHouse-Key: hunter22\r\n"));
}

TEST_F(ClientProgress, CostsNothingOtherwise) {
  ASSERT_TRUE(Read(Within(10s)));
  EXPECT_EQ(Looks(server_), 0u);
  EXPECT_EQ(server_.Connections(), 1u);
}

TEST_F(ClientProgress, IsNotToldOfInserts) {
  Told told;
  RequestContext context = Within(10s);
  context.on_progress = told.Teller();
  const auto client = ConnectTo(server_.Port());
  ASSERT_TRUE(client->Write(context, {"db", "t", {"n"}, "{}\n", "x"}));
  EXPECT_EQ(Looks(server_), 0u);
}

}  // namespace
}  // namespace chimera::clickhouse
