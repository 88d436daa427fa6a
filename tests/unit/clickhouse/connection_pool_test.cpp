#include "clickhouse/connection_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <list>
#include <mutex>
#include <thread>

#include "unit/clickhouse/scripted_server.h"

namespace chimera::clickhouse {
namespace {

using namespace std::chrono_literals;
using chimera::testing::Peer;
using chimera::testing::Reply;
using chimera::testing::ScriptedServer;
using chimera::testing::WireRequest;

RequestContext Within(std::chrono::milliseconds time) {
  RequestContext context;
  context.deadline = Deadline::After(time);
  return context;
}

RequestContext For(const std::string& principal, std::chrono::milliseconds time) {
  RequestContext context = Within(time);
  context.principal = std::make_shared<Principal>(Principal{principal, {}});
  return context;
}

struct Ignore : Receiver {
  void OnHead(const ReplyHead&) override {}
  bool OnBody(std::string_view) override { return true; }
};

class ConnectionPoolTest : public ::testing::Test {
 protected:
  ConnectionPool MakePool(size_t size, std::chrono::milliseconds idle_lifetime = 8s, size_t connecting = 4) {
    return ConnectionPool({size, 2, connecting, idle_lifetime, [this](size_t host, std::chrono::milliseconds) {
                             ++made_;
                             Endpoint endpoint;
                             endpoint.host = "127.0.0.1";
                             endpoint.port = (host == 0 ? server_ : other_).Port();
                             return std::make_unique<Connection>(endpoint);
                           }});
  }

  static Exchange Send(ConnectionPool::Lease& lease, size_t host = 0) {
    Ignore receiver;
    Post post{"/", kNoHeaders, "x"};
    return lease.Send({host, 5s, post}, Within(5s), receiver);
  }

  /// One request over a lease.
  static void Use(ConnectionPool& pool, size_t host = 0) {
    auto lease = pool.Acquire(Within(5s));
    ASSERT_TRUE(lease);
    ASSERT_EQ(Send(*lease, host).outcome, Outcome::kComplete);
  }

  template <typename Condition>
  static void Await(Condition condition) {
    for (auto end = Deadline::After(5s); !condition() && !end.Expired();) std::this_thread::sleep_for(1ms);
    ASSERT_TRUE(condition());
  }

  static void AwaitWaiting(const ConnectionPool& pool, size_t count) {
    Await([&] { return pool.Count().waiting == count; });
  }

  static inline const std::vector<Header> kNoHeaders = {};
  std::atomic<bool> close_after_reply_{false};
  std::atomic<bool> hold_{false};  ///< the server says nothing meanwhile
  std::string extra_headers_;
  ScriptedServer server_{[this](const WireRequest&, Peer& peer) {
    while (hold_) std::this_thread::sleep_for(1ms);
    return peer.Send(Reply("ok", 200, extra_headers_)) && !close_after_reply_;
  }};
  ScriptedServer other_{[](const WireRequest&, Peer& peer) { return peer.Send(Reply("ok")); }};
  std::atomic<size_t> made_{0};
};

TEST_F(ConnectionPoolTest, KeepsAConnectionForTheNext) {
  auto pool = MakePool(3);
  for (int i = 0; i < 5; ++i) Use(pool);
  EXPECT_EQ(made_, 1u);
  EXPECT_EQ(server_.Connections(), 1u);
  EXPECT_EQ(pool.Count().idle, 1u);
  EXPECT_EQ(pool.Count().in_use, 0u);
}

TEST_F(ConnectionPoolTest, NobodyWithANameHoldsAllPlaces) {
  auto pool = MakePool(4);
  std::list<ConnectionPool::Lease> leases;
  for (int i = 0; i < 3; ++i) leases.push_back(*pool.Acquire(For("ana", 1s)));
  EXPECT_FALSE(pool.Acquire(For("ana", 20ms)));
  EXPECT_TRUE(pool.Acquire(For("bo", 20ms)));
  auto waits = std::async(std::launch::async, [&] { return pool.Acquire(For("ana", 5s)).ok(); });
  AwaitWaiting(pool, 1);
  EXPECT_TRUE(pool.Acquire(For("bo", 20ms))) << "who waits in vain keeps nobody out";
  leases.pop_back();
  EXPECT_TRUE(waits.get());
  auto alone = MakePool(1);
  EXPECT_TRUE(alone.Acquire(For("ana", 20ms)));
}

TEST_F(ConnectionPoolTest, WhoHoldsFewestIsServedNext) {
  auto pool = MakePool(4);
  std::list<ConnectionPool::Lease> leases;
  for (int i = 0; i < 3; ++i) leases.push_back(*pool.Acquire(For("ana", 1s)));
  leases.push_back(*pool.Acquire(For("bo", 1s)));
  std::mutex mutex;
  std::vector<std::string> served;
  const auto wait = [&](const std::string& name) {
    auto lease = pool.Acquire(For(name, 5s));
    const std::lock_guard lock(mutex);
    served.push_back(lease.ok() ? name : name + " in vain");
  };
  std::vector<std::jthread> threads;
  size_t waiting = 0;
  for (const char* name : {"ana", "ana", "bo", "cy"}) {
    threads.emplace_back(wait, std::string(name));
    AwaitWaiting(pool, ++waiting);
  }
  leases.pop_front();
  threads.clear();
  EXPECT_EQ(served, (std::vector<std::string>{"cy", "bo", "ana", "ana"}));
}

TEST_F(ConnectionPoolTest, KeepsNoConnectionThatCarriedNothing) {
  auto pool = MakePool(3);
  { auto lease = pool.Acquire(Within(1s)); }
  EXPECT_EQ(pool.Count().idle, 0u);
  EXPECT_EQ(pool.Count().in_use, 0u);
}

TEST_F(ConnectionPoolTest, ALeaseSendsSeveralOverOneConnection) {
  auto pool = MakePool(1);
  {
    auto lease = pool.Acquire(Within(1s));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(Send(*lease).outcome, Outcome::kComplete);
    EXPECT_EQ(Send(*lease, 1).outcome, Outcome::kComplete);
  }
  EXPECT_EQ(made_, 2u);
  EXPECT_EQ(pool.Count().idle, 1u);
}

TEST_F(ConnectionPoolTest, ClosesIdleConnectionsWhenTheirTimeIsOver) {
  auto pool = MakePool(3, 30ms);
  Use(pool);
  EXPECT_EQ(pool.Count().idle, 1u);
  Await([&] { return pool.Count().idle == 0; });
  Use(pool);
  EXPECT_EQ(made_, 2u);
}

TEST_F(ConnectionPoolTest, TheSizeIsForAllHostsTogether) {
  auto pool = MakePool(2);
  Use(pool, 0);
  {
    auto first = pool.Acquire(Within(1s));
    auto second = pool.Acquire(Within(1s));
    EXPECT_EQ(pool.Acquire(Within(10ms)).error().code, ErrorCode::kBusy);
    EXPECT_EQ(Send(*first, 1).outcome, Outcome::kComplete);
    EXPECT_EQ(Send(*second, 1).outcome, Outcome::kComplete);
    EXPECT_EQ(pool.Count().idle, 0u);  // the idle one to the first host had to go
  }
  EXPECT_EQ(pool.Count().idle, 2u);
}

TEST_F(ConnectionPoolTest, OnlySomeConnectAtOnceAndAFreeConnectionIsTaken) {
  // A full backlog of an address that never answers would take root; instead, the first connection connects for as long
  // as `make` blocks.
  std::atomic<bool> go{false};
  std::atomic<size_t> making{0};
  ConnectionPool pool({4, 1, 1, 8s, [&](size_t, std::chrono::milliseconds) {
                         ++making;
                         while (!go) std::this_thread::sleep_for(1ms);
                         Endpoint endpoint;
                         endpoint.host = "127.0.0.1";
                         endpoint.port = server_.Port();
                         return std::make_unique<Connection>(endpoint);
                       }});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&pool] { Use(pool); });
  std::thread([&] {
    Await([&] { return pool.Count().waiting == 3 && pool.Count().in_use == 1; });
    EXPECT_EQ(making, 1u);
    go = true;
  }).join();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(pool.Count().waiting, 0u);
  EXPECT_EQ(pool.Count().in_use, 0u);
}

TEST_F(ConnectionPoolTest, ASlowAnswerHoldsNobodyUpWhoConnects) {
  auto pool = MakePool(3, 8s, 1);
  hold_ = true;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&pool] { Use(pool); });
  Await([&] { return server_.Requests().size() == 3; });
  EXPECT_EQ(pool.Count().in_use, 3u);
  hold_ = false;
  for (auto& thread : threads) thread.join();
}

TEST_F(ConnectionPoolTest, DoesNotKeepWhatTheServerCloses) {
  auto pool = MakePool(3);
  extra_headers_ = "Connection: close\r\n";
  Use(pool);
  EXPECT_EQ(pool.Count().idle, 0u);
}

TEST_F(ConnectionPoolTest, ClosesBeforeTheServerDoes) {
  auto pool = MakePool(3, 1h);
  extra_headers_ = "Keep-Alive: timeout=1\r\n";
  Use(pool);
  EXPECT_EQ(pool.Count().idle, 1u);
  Await([&] { return pool.Count().idle == 0; });
}

TEST_F(ConnectionPoolTest, DoesNotUseAConnectionThatTheServerClosed) {
  auto pool = MakePool(3);
  close_after_reply_ = true;
  Use(pool);
  std::this_thread::sleep_for(50ms);
  close_after_reply_ = false;
  Use(pool);
  EXPECT_EQ(made_, 2u);
}

TEST_F(ConnectionPoolTest, DoesNotUseAConnectionPastItsIdleLifetime) {
  auto pool = MakePool(3, 0ms);
  Use(pool);
  Use(pool);
  EXPECT_EQ(made_, 2u);
}

TEST_F(ConnectionPoolTest, ServesWaitersInOrder) {
  auto pool = MakePool(1);
  auto held = std::make_optional(pool.Acquire(Within(1s)));
  ASSERT_TRUE(*held);
  std::mutex mutex;
  std::vector<int> order;
  std::vector<std::thread> threads;
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&, i] {
      auto lease = pool.Acquire(Within(10s));
      std::lock_guard lock(mutex);
      if (lease) order.push_back(i);
    });
    AwaitWaiting(pool, static_cast<size_t>(i) + 1);
  }
  held.reset();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST_F(ConnectionPoolTest, AWaiterLeavesAtItsDeadlineWithoutHarm) {
  auto pool = MakePool(1);
  {
    auto held = pool.Acquire(Within(1s));
    auto start = Deadline::Clock::now();
    auto second = pool.Acquire(Within(50ms));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kBusy);
    EXPECT_TRUE(second.error().unsent);
    EXPECT_LT(Deadline::Clock::now() - start, 1s);
  }
  EXPECT_EQ(pool.Count().waiting, 0u);
  EXPECT_TRUE(pool.Acquire(Within(1s)));
}

TEST_F(ConnectionPoolTest, AWaiterLeavesWhenItIsCancelled) {
  auto pool = MakePool(1);
  auto held = pool.Acquire(Within(1s));
  std::stop_source source;
  RequestContext context = Within(60s);
  context.stop = source.get_token();
  auto waiting = std::async(std::launch::async, [&] { return pool.Acquire(context).error().code; });
  AwaitWaiting(pool, 1);
  source.request_stop();
  EXPECT_EQ(waiting.get(), ErrorCode::kCancelled);
}

TEST_F(ConnectionPoolTest, RefusesWhatIsOverAlready) {
  auto pool = MakePool(1);
  EXPECT_EQ(pool.Acquire(Within(0ms)).error().code, ErrorCode::kTimeout);
  std::stop_source source;
  source.request_stop();
  RequestContext context;
  context.stop = source.get_token();
  EXPECT_EQ(pool.Acquire(context).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(pool.Count().in_use, 0u);
}

TEST_F(ConnectionPoolTest, NeverHasMoreThanItsSize) {
  auto pool = MakePool(4);
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&pool] {
      for (int j = 0; j < 20; ++j) Use(pool);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(server_.Connections(), 4u);
  EXPECT_EQ(server_.Requests().size(), 320u);
}

}  // namespace
}  // namespace chimera::clickhouse
