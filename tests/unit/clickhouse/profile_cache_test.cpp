#include "clickhouse/profile_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace chimera::clickhouse {
namespace {

using namespace std::chrono_literals;

RequestContext Within(std::chrono::milliseconds time) {
  RequestContext context;
  context.deadline = Deadline::After(time);
  return context;
}

class ProfileCacheTest : public ::testing::Test {
 protected:
  std::function<Result<AccountProfile>()> Learning() {
    return [this]() -> Result<AccountProfile> {
      ++learned_;
      while (slow_) std::this_thread::sleep_for(1ms);
      if (fail_) return MakeError(ErrorCode::kAccessDenied, "no");
      return AccountProfile::Unrestricted();
    };
  }

  ProfileCache cache_{2};
  std::atomic<int> learned_{0};
  std::atomic<bool> slow_{false};
  std::atomic<bool> fail_{false};
};

TEST_F(ProfileCacheTest, OneLearnsForAll) {
  slow_ = true;
  std::vector<std::future<bool>> calls;
  for (int i = 0; i < 8; ++i) {
    calls.push_back(std::async(std::launch::async, [&] { return cache_.Obtain(0, Within(5s), Learning()).ok(); }));
  }
  std::this_thread::sleep_for(20ms);
  slow_ = false;
  for (auto& call : calls) EXPECT_TRUE(call.get());
  EXPECT_EQ(learned_, 1);
  EXPECT_TRUE(cache_.Obtain(1, Within(5s), Learning()));
  EXPECT_EQ(learned_, 2);
}

TEST_F(ProfileCacheTest, AFailureIsNotKept) {
  fail_ = true;
  auto failed = cache_.Obtain(0, Within(5s), Learning());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kAccessDenied);
  fail_ = false;
  EXPECT_TRUE(cache_.Obtain(0, Within(5s), Learning()));
}

TEST_F(ProfileCacheTest, WaitsNoLongerThanTheDeadlineOrTheCancellation) {
  slow_ = true;
  auto learner = std::async(std::launch::async, [&] { return cache_.Obtain(0, Within(5s), Learning()).ok(); });
  while (learned_ == 0) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(cache_.Obtain(0, Within(10ms), Learning()).error().code, ErrorCode::kTimeout);
  std::stop_source source;
  source.request_stop();
  RequestContext cancelled;
  cancelled.stop = source.get_token();
  EXPECT_EQ(cache_.Obtain(0, cancelled, Learning()).error().code, ErrorCode::kCancelled);
  slow_ = false;
  EXPECT_TRUE(learner.get());
  EXPECT_EQ(learned_, 1);
}

TEST_F(ProfileCacheTest, OnlyAnOutdatedOneIsForgotten) {
  auto first = *cache_.Obtain(0, Within(5s), Learning());
  cache_.Forget(0, first);
  auto second = *cache_.Obtain(0, Within(5s), Learning());
  EXPECT_EQ(learned_, 2);
  cache_.Forget(0, first);  // late: somebody learned it again already
  EXPECT_EQ(*cache_.Obtain(0, Within(5s), Learning()), second);
  cache_.Forget(0, nullptr);
  EXPECT_TRUE(cache_.Obtain(0, Within(5s), Learning()));
  EXPECT_EQ(learned_, 3);
}

}  // namespace
}  // namespace chimera::clickhouse
