#include "engine/activity.h"

#include <gtest/gtest.h>

#include <optional>
#include <thread>

namespace chimera::engine {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST(Activity, EndsAfterTheIdleTime) {
  Activity activity;
  const auto start = Clock::now();
  activity.WaitUntilDone({}, 1s);
  EXPECT_GE(Clock::now() - start, 1s);
  EXPECT_LT(Clock::now() - start, 3s);
  EXPECT_FALSE(Activity::Request(activity).Accepted());
}

TEST(Activity, WaitsForARequestInFlight) {
  Activity activity;
  auto request = std::make_optional<Activity::Request>(activity);
  const auto start = Clock::now();
  std::thread finisher([&] {
    std::this_thread::sleep_for(1500ms);
    request.reset();
  });
  activity.WaitUntilDone({}, 1s);
  EXPECT_GE(Clock::now() - start, 2500ms);
  finisher.join();
}

TEST(Activity, EndsWhenStoppedAndLetsTheLastRequestFinish) {
  Activity activity;
  auto request = std::make_optional<Activity::Request>(activity);
  std::stop_source stop;
  stop.request_stop();
  activity.WaitUntilDone(stop.get_token(), 0s);
  EXPECT_FALSE(activity.WaitForLast(20ms));
  std::thread finisher([&] {
    std::this_thread::sleep_for(50ms);
    request.reset();
  });
  EXPECT_TRUE(activity.WaitForLast(5s));
  finisher.join();
}

}  // namespace
}  // namespace chimera::engine
