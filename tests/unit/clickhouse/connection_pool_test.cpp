#include "clickhouse/connection_pool.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "clickhouse/alarm.h"
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

struct Ignore : Receiver {
  void OnHead(const ReplyHead&) override {}
  bool OnBody(std::string_view) override { return true; }
};

class ConnectionPoolTest : public ::testing::Test {
 protected:
  ConnectionPool MakePool(size_t size, std::chrono::seconds idle_lifetime = 8s) {
    return ConnectionPool(
        {size, idle_lifetime, [this] {
           ++made_;
           return std::make_unique<Connection>(Endpoint{"", "127.0.0.1", server_.Port(), false}, alarm_);
         }});
  }

  /// One request over a lease; kept when its reply was whole.
  static void Use(ConnectionPool& pool) {
    auto lease = pool.Acquire(Within(5s));
    ASSERT_TRUE(lease);
    Ignore receiver;
    auto exchange = (*lease)->Send({"/", {}, "x"}, Within(5s), receiver);
    ASSERT_EQ(exchange.outcome, Outcome::kComplete);
    lease->Keep();
  }

  static void AwaitWaiting(const ConnectionPool& pool, size_t count) {
    while (pool.Count().waiting != count) std::this_thread::sleep_for(1ms);
  }

  std::atomic<bool> close_after_reply_{false};
  ScriptedServer server_{
      [this](const WireRequest&, Peer& peer) { return peer.Send(Reply("ok")) && !close_after_reply_; }};
  Alarm alarm_;
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

TEST_F(ConnectionPoolTest, ClosesAConnectionThatIsNotKept) {
  auto pool = MakePool(3);
  { auto lease = pool.Acquire(Within(1s)); }
  EXPECT_EQ(pool.Count().idle, 0u);
  EXPECT_EQ(pool.Count().in_use, 0u);
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
  auto pool = MakePool(3, 0s);
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

TEST(Alarm, RunsInOrderOfTimeAndNotAfterDisarming) {
  Alarm alarm;
  std::mutex mutex;
  std::string ran;
  auto note = [&](char c) {
    return [&mutex, &ran, c] {
      std::lock_guard lock(mutex);
      ran += c;
    };
  };
  auto late = alarm.At(Deadline::After(60ms), note('b'));
  auto early = alarm.At(Deadline::After(20ms), note('a'));
  { auto never = alarm.At(Deadline::After(30ms), note('x')); }
  auto unlimited = alarm.At(Deadline(), note('y'));
  std::this_thread::sleep_for(150ms);
  std::lock_guard lock(mutex);
  EXPECT_EQ(ran, "ab");
}

}  // namespace
}  // namespace chimera::clickhouse
