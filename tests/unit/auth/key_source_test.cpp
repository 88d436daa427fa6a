#include "auth/key_source.h"

#include <gtest/gtest.h>

#include "tests/unit/auth/signer.h"

namespace chimera::auth {
namespace {

using testing::SetOf;
using testing::Signer;
using std::chrono_literals::operator""s;

class KeySourceTest : public ::testing::Test {
 protected:
  KeySource::Clock::time_point now_{1000s};
  int fetches_ = 0;
  std::string body_ = SetOf({Signer("EdDSA", "one").Jwk()});  // empty: cannot be fetched
  std::unique_ptr<KeySource> source_ = KeySource::FromUrl(
      "https://idp/keys",
      [this](const std::string&) -> Result<std::string> {
        ++fetches_;
        if (body_.empty()) return MakeError(ErrorCode::kUnavailable, "away");
        return body_;
      },
      {}, [this] { return now_; });
};

TEST_F(KeySourceTest, FetchesOnceAndKeepsTheKeys) {
  EXPECT_EQ(fetches_, 0);
  EXPECT_TRUE(source_->Current()->HasId("one"));
  now_ += 600s;
  EXPECT_TRUE(source_->Current()->HasId("one"));
  EXPECT_EQ(fetches_, 1);
}

TEST_F(KeySourceTest, LooksForUnknownKeysOnceAMinute) {
  auto keys = source_->Current();
  body_ = SetOf({Signer("EdDSA", "two").Jwk()});
  EXPECT_FALSE(source_->Newer(keys)->HasId("two")) << "fetched a moment ago";
  EXPECT_EQ(fetches_, 1);
  now_ += 60s;
  EXPECT_TRUE(source_->Newer(keys)->HasId("two"));
  for (int i = 0; i < 10; ++i) source_->Newer(source_->Current());
  EXPECT_EQ(fetches_, 2);
}

TEST_F(KeySourceTest, WhoComesLateTakesWhatAnotherFetched) {
  auto before = source_->Current();
  now_ += 60s;
  source_->Newer(before);
  now_ += 60s;
  source_->Newer(before);
  EXPECT_EQ(fetches_, 2) << "newer keys than those are there already";
}

TEST_F(KeySourceTest, KeepsItsKeysWhenTheServerIsAwayOrTalksNonsense) {
  source_->Current();
  for (const char* body : {"", "<html>", R"({"keys":[]})"}) {
    body_ = body;
    now_ += 1000s;
    EXPECT_TRUE(source_->Current()->HasId("one")) << body;
  }
  EXPECT_EQ(fetches_, 4);
}

TEST_F(KeySourceTest, HasNoKeysBeforeTheFirstFetch) {
  body_.clear();
  EXPECT_EQ(source_->Current(), nullptr);
  EXPECT_EQ(source_->Current(), nullptr);
  EXPECT_EQ(fetches_, 1);
}

TEST_F(KeySourceTest, AWithdrawnKeyEndsWhenTheKeysAreFetchedAgain) {
  source_->Current();
  body_ = SetOf({Signer("EdDSA", "two").Jwk()});
  now_ += 900s;
  EXPECT_FALSE(source_->Current()->HasId("one"));
}

}  // namespace
}  // namespace chimera::auth
