#include "base/elastic_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace chimera {
namespace {

TEST(ElasticPool, EveryJobOfABurstGetsAThreadAtOnce) {
  constexpr int kJobs = 40;
  ElasticPool pool(kJobs);
  for (int round = 0; round < 20; ++round) {
    std::latch all(kJobs);  // opens only when all run at the same time
    std::atomic<int> done = 0;
    for (int i = 0; i < kJobs; ++i) {
      ASSERT_TRUE(pool.Add([&] {
        all.arrive_and_wait();
        ++done;
      }));
    }
    while (done < kJobs) std::this_thread::yield();
  }
}

TEST(ElasticPool, TooManyWaitingAreRefused) {
  ElasticPool pool(2);
  std::latch release(1);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(pool.Add([&] { release.wait(); })) << i;
  EXPECT_FALSE(pool.Add([] {}));
  release.count_down();
}

TEST(ElasticPool, CloseRunsWhatWaitsAndTakesNoMore) {
  std::atomic<int> done = 0;
  ElasticPool pool(1);
  EXPECT_TRUE(pool.Add([&] { ++done; }));
  EXPECT_TRUE(pool.Add([&] { ++done; }));
  pool.Close();
  EXPECT_EQ(done, 2);
  EXPECT_FALSE(pool.Add([] {}));
}

}  // namespace
}  // namespace chimera
