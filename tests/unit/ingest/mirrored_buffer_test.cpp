// Writes for two databases: what each side has after failures of either, and what callers hear. Over two files, with
// writers that can be told to fail.
#include "ingest/mirrored_buffer.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "ingest/sqlite_store.h"
#include "tests/unit/ingest/sqlite_folder.h"

namespace chimera::ingest {
namespace {

constexpr BatchLimits kAll{1'000'000, 1'000'000'000};

/// Takes writes into its store, unless it is told to fail; flushes by dropping them.
class FakeWrites : public WriteBuffer {
 public:
  explicit FakeWrites(Store& store) : store_(store) {}

  Result<Accepted> Accept(const RequestContext& context, const Write& write) override {
    ++accepts;
    if (broken) return *broken;
    return store_.Append(context, write);
  }
  Status Flush(const RequestContext& context, const std::vector<Destination>& tables, Position until) override {
    if (broken) return *broken;
    flushed_until = until;
    auto batch = store_.Seal(context, tables.at(0), kAll);
    if (!batch || !*batch) return Ok();
    if (reason.empty()) return store_.Finish(context, **batch);
    DeadLetter letter;
    letter.to = tables[0];
    letter.position = (*batch)->last;
    letter.batch = (*batch)->id;
    letter.row = "{}";
    letter.reason = reason;
    if (Status dead = store_.Check(context, **batch, {}, {letter}); !dead) return dead;
    return store_.Finish(context, **batch);
  }
  Result<std::vector<Backlog>> Backlogs(const RequestContext& context) override { return store_.Backlogs(context); }
  Result<std::vector<Entry>> Waiting(const RequestContext& context, const Destination& to,
                                     const BatchLimits& limits) override {
    return store_.Read(context, to, 0, INT64_MAX, limits);
  }

  std::optional<Error> broken;
  std::string reason;  ///< of dead letters that a flush makes
  int accepts = 0;
  Position flushed_until = 0;

 private:
  Store& store_;
};

class MirroredBufferTest : public ::testing::Test {
 protected:
  Write One(const std::string& row = "{\"n\":1}\n", const std::string& name = "a") const {
    return {to_, Sha256Hex(name), Sha256Hex("content of " + name), {{std::nullopt, 1, row}}};
  }
  std::vector<std::string> RowsIn(Store& store) const {
    std::vector<std::string> rows;
    const auto entries = store.Read(context_, to_, 0, INT64_MAX, kAll);
    for (const auto& entry : *entries) rows.push_back(entry.slice.body);
    return rows;
  }
  void Empty(Store& store) const {
    const auto batch = store.Seal(context_, to_, kAll);
    ASSERT_TRUE(batch.ok() && *batch && store.Finish(context_, **batch).ok());
  }

  const RequestContext context_ = RequestContext::For("test", std::chrono::seconds(30), {});
  const Destination to_{"sample", "db", "events"};
  SqliteFolder here_;
  SqliteFolder there_;
  std::unique_ptr<Store> main_store_ = here_.Open();
  std::unique_ptr<Store> mirror_store_ = there_.Open();
  FakeWrites main_{*main_store_};
  FakeWrites mirror_{*mirror_store_};
  MirroredBuffer both_{{*main_store_, main_}, {*mirror_store_, mirror_}};
  const Error away_ = MakeError(ErrorCode::kIoError, "the disk is full");
};

TEST_F(MirroredBufferTest, PutsAWriteIntoBothAndAnswersWithTheMainPosition) {
  ASSERT_TRUE(main_store_->Append(context_, One("{}\n", "earlier")).ok());
  const auto accepted = both_.Accept(context_, One());
  ASSERT_TRUE(accepted.ok()) << accepted.error().message;
  EXPECT_FALSE(accepted->repeated);
  EXPECT_EQ(accepted->position, both_.Backlogs(context_)->at(0).newest);
  EXPECT_EQ(RowsIn(*main_store_).back(), "{\"n\":1}\n");
  EXPECT_EQ(RowsIn(*mirror_store_), std::vector<std::string>{"{\"n\":1}\n"});
  EXPECT_EQ(both_.Waiting(context_, to_, kAll)->size(), 2u) << "of the main one";
}

TEST_F(MirroredBufferTest, TakesNothingThatTheMirrorRefuses) {
  mirror_.broken = MakeError(ErrorCode::kBusy, "the buffer takes no more");
  mirror_.broken->retry_after = std::chrono::seconds(1);
  const auto refused = both_.Accept(context_, One());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kBusy);
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_TRUE(refused.error().message.starts_with("mirror: ")) << refused.error().message;
  EXPECT_EQ(main_.accepts, 0);
  mirror_.broken.reset();
  EXPECT_FALSE(both_.Accept(context_, One())->repeated);
}

TEST_F(MirroredBufferTest, ARepeatCompletesWhatTheMirrorAloneHas) {
  main_.broken = away_;
  ASSERT_FALSE(both_.Accept(context_, One("{\"at\":1}\n")).ok());
  EXPECT_TRUE(RowsIn(*main_store_).empty());
  main_.broken.reset();
  const auto again = both_.Accept(context_, One("{\"at\":2}\n"));  // "now" is another time
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_FALSE(again->repeated);
  EXPECT_EQ(RowsIn(*main_store_), std::vector<std::string>{"{\"at\":1}\n"}) << "as in the mirror";
  EXPECT_EQ(RowsIn(*mirror_store_), std::vector<std::string>{"{\"at\":1}\n"});
  EXPECT_TRUE(both_.Accept(context_, One("{\"at\":3}\n"))->repeated);
}

TEST_F(MirroredBufferTest, ARepeatIsTakenAlsoWhenTheMirrorHasStoredTheFirst) {
  main_.broken = away_;
  ASSERT_FALSE(both_.Accept(context_, One()).ok());
  Empty(*mirror_store_);
  main_.broken.reset();
  ASSERT_TRUE(both_.Accept(context_, One()).ok());
  EXPECT_EQ(RowsIn(*main_store_).size(), 1u);
  EXPECT_TRUE(RowsIn(*mirror_store_).empty());
}

TEST_F(MirroredBufferTest, WhatCameBeforeThereWasAMirrorIsNoNewsToIt) {
  const auto before = main_store_->Append(context_, One());
  const auto again = both_.Accept(context_, One());
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->position, before->position);
  EXPECT_EQ(mirror_.accepts, 0);
  Write other = One();
  other.content = Sha256Hex("other");
  EXPECT_EQ(both_.Accept(context_, other).error().code, ErrorCode::kConflict);
}

TEST_F(MirroredBufferTest, AFrozenMirrorStopsTheWriteBeforeTheMainOneHasIt) {
  ASSERT_TRUE(mirror_store_->Freeze(context_, true).ok());
  EXPECT_EQ(both_.Accept(context_, One()).error().code, ErrorCode::kBusy);
  EXPECT_TRUE(RowsIn(*main_store_).empty());
}

TEST_F(MirroredBufferTest, WaitsUntilTheRowsAreInTheMainTable) {
  EXPECT_TRUE(both_.TakesAll());
  mirror_.broken.reset();
  const auto stored = both_.AcceptAndFlush(context_, One());
  ASSERT_TRUE(stored.ok()) << stored.error().message;
  EXPECT_EQ(main_.flushed_until, stored->position);
  EXPECT_EQ(mirror_.flushed_until, 0) << "nobody waits for the mirror";
  EXPECT_EQ(RowsIn(*mirror_store_).size(), 1u);
}

TEST_F(MirroredBufferTest, AFlushThatFailsSaysThatTheRowsAreSafe) {
  class Away : public FakeWrites {
   public:
    using FakeWrites::FakeWrites;
    Status Flush(const RequestContext&, const std::vector<Destination>&, Position) override {
      return MakeError(ErrorCode::kUnavailable, "nobody answers");
    }
  } away(*main_store_);
  MirroredBuffer both({*main_store_, away}, {*mirror_store_, mirror_});
  const auto failed = both.AcceptAndFlush(context_, One());
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(failed.error().message.find("safe in the buffer"), std::string::npos);
  EXPECT_NE(failed.error().hint.find("repeat"), std::string::npos);
  EXPECT_EQ(RowsIn(*main_store_).size(), 1u);
  EXPECT_EQ(RowsIn(*mirror_store_).size(), 1u);
}

TEST_F(MirroredBufferTest, RowsThatBecameDeadLettersAreNotSaidToBeStored) {
  main_.reason = "schema_conflict: n is text";
  const auto failed = both_.AcceptAndFlush(context_, One());
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(failed.error().message.find("n is text"), std::string::npos);
  main_.reason.clear();
  EXPECT_TRUE(both_.AcceptAndFlush(context_, One("{\"n\":2}\n", "b")).ok()) << "those of others are not its own";
}

}  // namespace
}  // namespace chimera::ingest
