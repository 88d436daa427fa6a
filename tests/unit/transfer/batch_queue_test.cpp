#include "transfer/batch_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace chimera::transfer {
namespace {

TEST(BatchQueue, StoresNothingBehindABatchThatIsRefused) {
  BatchQueue queue(4);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue.Push({}));
  queue.Close(false);
  const auto first = queue.Pop();
  const auto second = queue.Pop();
  bool later_passed = true;
  std::thread later([&] { later_passed = queue.PassInTurn(second->turn, [] { return Ok(); }); });
  EXPECT_FALSE(queue.PassInTurn(first->turn, [] { return Status(MakeError(ErrorCode::kInvalidArgument, "bad")); }));
  later.join();
  EXPECT_FALSE(later_passed);
  EXPECT_FALSE(queue.Pop());
  EXPECT_EQ(queue.Outcome().error().message, "bad");
}

TEST(BatchQueue, PassesInOrder) {
  BatchQueue queue(8);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(queue.Push({}));
  queue.Close(false);
  std::vector<uint64_t> order;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      while (auto batch = queue.Pop()) {
        queue.PassInTurn(batch->turn, [&] {
          order.push_back(batch->turn);
          return Ok();
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<uint64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_TRUE(queue.Outcome());
}

TEST(BatchQueue, AFailureWakesWhoeverWaits) {
  BatchQueue queue(1);
  ASSERT_TRUE(queue.Push({}));
  std::thread pusher([&] { EXPECT_FALSE(queue.Push({})); });
  queue.Fail(MakeError(ErrorCode::kUnavailable, "gone"));
  queue.Fail(MakeError(ErrorCode::kBusy, "later"));
  pusher.join();
  EXPECT_EQ(queue.Outcome().error().message, "gone");
}

}  // namespace
}  // namespace chimera::transfer
