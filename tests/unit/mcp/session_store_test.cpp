#include "mcp/session_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <vector>

namespace chimera::mcp {
namespace {

using std::chrono::seconds;

class SessionStoreTest : public ::testing::Test {
 protected:
  std::string AddOne() {
    auto session = SessionStore::NewSession();
    store_.Add(session);
    return session->Id();
  }
  bool Has(const std::string& id) { return store_.Find(id) != nullptr; }

  SessionStore::Clock::time_point now_ = SessionStore::Clock::now();
  SessionStore store_{3, seconds(60), [this] { return now_; }};
};

TEST_F(SessionStoreTest, IdsAreLongVisibleAndDifferent) {
  const std::string id = SessionStore::NewSession()->Id();
  EXPECT_GE(id.size(), 32u) << "128 random bits as hex digits";
  EXPECT_TRUE(std::all_of(id.begin(), id.end(), [](unsigned char c) { return std::isxdigit(c); }));
  EXPECT_NE(id, SessionStore::NewSession()->Id());
}

TEST_F(SessionStoreTest, FindsUntilEnded) {
  const auto id = AddOne();
  EXPECT_TRUE(Has(id));
  EXPECT_TRUE(store_.End(id));
  EXPECT_FALSE(Has(id));
  EXPECT_FALSE(store_.End(id));
}

TEST_F(SessionStoreTest, TheLongestUnusedGoesFirst) {
  const auto a = AddOne(), b = AddOne(), c = AddOne();
  EXPECT_TRUE(Has(a));
  const auto d = AddOne();
  EXPECT_FALSE(Has(b));
  EXPECT_TRUE(Has(a) && Has(c) && Has(d));
}

TEST_F(SessionStoreTest, ASessionInUseStays) {
  auto used = SessionStore::NewSession();
  ASSERT_TRUE(store_.Add(used));
  for (int i = 0; i < 10; ++i) AddOne();
  now_ += seconds(61);
  AddOne();
  EXPECT_EQ(store_.Size(), 2u);
  now_ -= seconds(61);
  EXPECT_TRUE(Has(used->Id()));
}

TEST_F(SessionStoreTest, WhenAllAreInUseThereIsNoRoom) {
  std::vector<std::shared_ptr<Session>> used;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store_.Add(used.emplace_back(SessionStore::NewSession())));
  EXPECT_FALSE(store_.Add(SessionStore::NewSession()));
  EXPECT_EQ(store_.Size(), 3u);
  used.pop_back();
  EXPECT_TRUE(store_.Add(SessionStore::NewSession()));
  EXPECT_TRUE(Has(used.front()->Id()));
}

TEST_F(SessionStoreTest, IdleSessionsEnd) {
  const auto a = AddOne();
  now_ += seconds(50);
  EXPECT_TRUE(Has(a));
  now_ += seconds(50);
  EXPECT_TRUE(Has(a)) << "a use starts the time anew";
  now_ += seconds(61);
  EXPECT_FALSE(Has(a));
}

TEST_F(SessionStoreTest, EndingCancelsWhatIsInFlight) {
  auto session = SessionStore::NewSession();
  store_.Add(session);
  ASSERT_TRUE(session->Register(1));
  const auto stop = session->StopToken(1);
  store_.End(session->Id());
  EXPECT_TRUE(stop.stop_requested());
}

}  // namespace
}  // namespace chimera::mcp
