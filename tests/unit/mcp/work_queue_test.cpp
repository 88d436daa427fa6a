#include "mcp/work_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace chimera::mcp {
namespace {

using std::chrono::milliseconds;

TEST(WorkQueueTest, RunsJobsInOrderAndAllOfThemBeforeItEnds) {
  std::vector<int> ran;
  {
    WorkQueue queue(1, 1000);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(queue.Add(1, [&ran, i] { ran.push_back(i); }));
  }
  ASSERT_EQ(ran.size(), 100u);
  EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
}

TEST(WorkQueueTest, BoundsWhatWaits) {
  std::atomic<bool> started = false, release = false;
  WorkQueue queue(1, 10);
  EXPECT_TRUE(queue.Add(1, [&] {
    started = true;
    while (!release) std::this_thread::yield();
  }));
  while (!started) std::this_thread::yield();
  EXPECT_TRUE(queue.Add(100, [] {})) << "the first that waits is always taken";
  EXPECT_FALSE(queue.Add(1, [] {}));
  EXPECT_FALSE(queue.WaitIdle(Deadline::After(milliseconds(10))));
  release = true;
  EXPECT_TRUE(queue.WaitIdle(Deadline::After(milliseconds(10'000))));
  EXPECT_TRUE(queue.Add(1, [] {}));
}

TEST(WorkQueueTest, RunsAsManyAtOnceAsItHasThreads) {
  std::atomic<int> running = 0;
  std::atomic<bool> release = false;
  WorkQueue queue(3, 1000);
  for (int i = 0; i < 3; ++i) {
    queue.Add(1, [&] {
      ++running;
      while (!release) std::this_thread::yield();
    });
  }
  while (running < 3) std::this_thread::yield();
  release = true;
  EXPECT_TRUE(queue.WaitIdle(Deadline::After(milliseconds(10'000))));
}

}  // namespace
}  // namespace chimera::mcp
