// What waits: totals and reads.
#include "tests/unit/ingest/store_contract.h"

namespace chimera::ingest {
namespace {

TEST_P(StoreContract, AnEmptyBufferHasNothing) {
  ASSERT_TRUE(store_->Backlogs(context_).ok());
  EXPECT_TRUE(store_->Backlogs(context_)->empty());
  EXPECT_TRUE(Read(events_).empty());
  EXPECT_EQ(Seal(events_), std::nullopt);
  EXPECT_TRUE(Letters().empty());
  EXPECT_TRUE(Letters(events_).empty());
  EXPECT_TRUE(store_->Sweep(context_).ok());
}

TEST_P(StoreContract, TotalsFollowEachWrite) {
  const Position first = Append(WriteOf(events_, {"{}\n", "{\"a\":1}\n"}));
  const Position second = Append(NewWrite(events_, 3));
  const Backlog backlog = BacklogOf(events_);
  EXPECT_EQ(backlog.rows, 5u);
  EXPECT_EQ(backlog.bytes, 11u + 3 * 8);
  EXPECT_EQ(backlog.writes, 2u);
  EXPECT_EQ(backlog.dead, 0u);
  EXPECT_EQ(backlog.oldest, first);
  EXPECT_EQ(backlog.newest, second);
  EXPECT_EQ(backlog.stored, 0);
  EXPECT_FALSE(backlog.sealed);
}

TEST_P(StoreContract, TablesComeInOrder) {
  const std::vector<Destination> sorted = {{"a", "z", "b"}, {"b", "a", "c"}, {"b", "b", "a"}, {"b", "b", "b"}};
  for (const size_t i : {2, 0, 3, 1}) Append(NewWrite(sorted[i], i + 1));
  const auto backlogs = store_->Backlogs(context_);
  ASSERT_TRUE(backlogs.ok());
  ASSERT_EQ(backlogs->size(), sorted.size());
  for (size_t i = 0; i < sorted.size(); ++i) {
    EXPECT_EQ((*backlogs)[i].to, sorted[i]);
    EXPECT_EQ((*backlogs)[i].rows, i + 1);
  }
}

TEST_P(StoreContract, ReadsWhatLiesBehindAndUpTo) {
  std::vector<Position> positions;
  for (int i = 0; i < 5; ++i) positions.push_back(Append(NewWrite(events_)));
  Append(NewWrite(other_));
  EXPECT_EQ(PositionsOf(Read(*store_, events_, positions[0], positions[3], kAll)),
            (std::vector<Position>{positions[1], positions[2], positions[3]}));
  EXPECT_TRUE(Read(*store_, events_, positions[4], kEver, kAll).empty());
  EXPECT_TRUE(Read(*store_, events_, 0, positions[0] - 1, kAll).empty());
  EXPECT_EQ(Read(*store_, events_, 0, positions[0], kAll).size(), 1u);
}

TEST_P(StoreContract, ReadsAsManyWholeWritesAsFit) {
  std::vector<Position> positions;
  for (int i = 0; i < 4; ++i) positions.push_back(Append(WriteOf(events_, {"{}\n", "{}\n", "{}\n"})));
  EXPECT_EQ(Read(events_, 0, {.rows = 9, .bytes = 1'000}).size(), 9u);
  EXPECT_EQ(Read(events_, 0, {.rows = 8, .bytes = 1'000}).size(), 6u) << "a write was split";
  EXPECT_EQ(Read(events_, 0, {.rows = 100, .bytes = 18}).size(), 6u);
  EXPECT_EQ(Read(events_, 0, {.rows = 100, .bytes = 17}).size(), 3u);
  EXPECT_EQ(Read(events_, positions[1], {.rows = 4, .bytes = 1'000}).front().position, positions[2]);
}

TEST_P(StoreContract, ReadsTheFirstWriteInAnyCase) {
  Append(WriteOf(events_, {"{}\n", "{}\n", "{}\n"}));
  Append(NewWrite(events_));
  EXPECT_EQ(Read(events_, 0, {.rows = 1, .bytes = 1'000}).size(), 3u);
  EXPECT_EQ(Read(events_, 0, {.rows = 100, .bytes = 1}).size(), 3u);
}

TEST_P(StoreContract, AWriteThatDoesNotFitEndsTheRead) {
  Append(NewWrite(events_, 2));
  Append(NewWrite(events_, 5));
  Append(NewWrite(events_, 1));
  EXPECT_EQ(Read(events_, 0, {.rows = 4, .bytes = 1'000}).size(), 1u) << "a gap was left";
}

TEST_P(StoreContract, WhatIsSealedCanBeRead) {
  const Position first = Append(NewWrite(events_));
  ASSERT_TRUE(Seal(events_).has_value());
  const Position second = Append(NewWrite(events_));
  EXPECT_EQ(PositionsOf(Read(events_)), (std::vector<Position>{first, second}));
}

}  // namespace
}  // namespace chimera::ingest
