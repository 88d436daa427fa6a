// A batch from its seal to its end, and the lease.
#include <set>

#include "tests/unit/ingest/store_contract.h"

namespace chimera::ingest {
namespace {

void ExpectSame(const std::optional<Batch>& left, const std::optional<Batch>& right) {
  ASSERT_TRUE(left && right);
  EXPECT_EQ(left->id, right->id);
  EXPECT_EQ(left->to, right->to);
  EXPECT_EQ(left->first, right->first);
  EXPECT_EQ(left->last, right->last);
  EXPECT_EQ(left->rows, right->rows);
  EXPECT_EQ(left->bytes, right->bytes);
  EXPECT_EQ(left->checked, right->checked);
}

void ExpectConflict(const Status& refused) {
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict) << refused.error().message;
}

TEST_P(StoreContract, SealsTheOldestWritesThatFit) {
  const Position first = Append(WriteOf(events_, {"{}\n", "{}\n"}));
  const Position second = Append(WriteOf(events_, {"{}\n"}));
  Append(WriteOf(events_, {"{}\n", "{}\n"}));
  const auto batch = Seal(events_, {.rows = 4, .bytes = 1'000});
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->id.size(), 32u);
  EXPECT_EQ(batch->id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(batch->to, events_);
  EXPECT_EQ(batch->first, first);
  EXPECT_EQ(batch->last, second);
  EXPECT_EQ(batch->rows, 3u);
  EXPECT_EQ(batch->bytes, 9u);
  EXPECT_FALSE(batch->checked);
  EXPECT_FALSE(batch->resumed);
  EXPECT_TRUE(BacklogOf(events_).sealed);
  EXPECT_EQ(BacklogOf(events_).rows, 5u);
}

TEST_P(StoreContract, SealsTheFirstWriteInAnyCase) {
  Append(NewWrite(events_, 3));
  Append(NewWrite(events_));
  EXPECT_EQ(Seal(events_, {.rows = 1, .bytes = 1})->rows, 3u);
}

TEST_P(StoreContract, ASealedBatchStaysAsItIs) {
  Append(NewWrite(events_));
  const auto batch = Seal(events_);
  Append(NewWrite(events_));
  const auto again = Seal(events_);
  ExpectSame(batch, again);
  EXPECT_TRUE(again->resumed);
  const auto second = Open();
  ExpectSame(batch, Seal(*second, events_, {.rows = 1'000, .bytes = 1}));
  store_ = nullptr;
  store_ = Open();
  const auto later = Seal(events_);
  ExpectSame(batch, later);
  EXPECT_TRUE(later->resumed);
}

TEST_P(StoreContract, EachTableHasABatchOfItsOwn) {
  Append(NewWrite(events_));
  Append(NewWrite(other_));
  const auto batch = Seal(events_);
  const auto other = Seal(other_);
  ASSERT_TRUE(batch && other);
  EXPECT_NE(batch->id, other->id);
  ASSERT_TRUE(store_->Finish(context_, *batch).ok());
  EXPECT_TRUE(BacklogOf(other_).sealed);
  ExpectSame(other, Seal(other_));
}

TEST_P(StoreContract, UnsealedWritesWaitAgain) {
  Append(NewWrite(events_));
  const auto batch = Seal(events_);
  const Position last = Append(NewWrite(events_));
  ASSERT_TRUE(batch && store_->Unseal(context_, *batch).ok());
  EXPECT_FALSE(BacklogOf(events_).sealed);
  EXPECT_EQ(BacklogOf(events_).rows, 2u);
  const auto larger = Seal(events_);
  ASSERT_TRUE(larger.has_value());
  EXPECT_EQ(larger->last, last);
  EXPECT_FALSE(larger->resumed);
  EXPECT_NE(larger->id, batch->id) << "an id got another meaning";
}

TEST_P(StoreContract, AFinishedBatchIsGone) {
  Append(NewWrite(events_, 2));
  const Position last = Append(NewWrite(events_));
  const auto batch = Seal(events_);
  const Position after = Append(NewWrite(events_, 4));
  ASSERT_TRUE(batch && store_->Finish(context_, *batch).ok());
  const Backlog backlog = BacklogOf(events_);
  EXPECT_EQ(backlog.rows, 4u);
  EXPECT_EQ(backlog.bytes, 4u * 8);
  EXPECT_EQ(backlog.writes, 1u);
  EXPECT_EQ(backlog.oldest, after);
  EXPECT_EQ(backlog.newest, after);
  EXPECT_EQ(backlog.stored, last);
  EXPECT_FALSE(backlog.sealed);
  EXPECT_EQ(PositionsOf(Read(events_)), std::vector<Position>{after});
  const auto next = Seal(events_);
  ASSERT_TRUE(next.has_value());
  EXPECT_EQ(next->first, after);
  EXPECT_NE(next->id, batch->id);
}

TEST_P(StoreContract, AnEmptyTableIsStillKnown) {
  const Position position = Append(NewWrite(events_));
  const auto batch = Seal(events_);
  ASSERT_TRUE(batch && store_->Finish(context_, *batch).ok());
  ASSERT_EQ(store_->Backlogs(context_)->size(), 1u);
  const Backlog backlog = BacklogOf(events_);
  EXPECT_EQ(backlog.rows + backlog.bytes + backlog.writes, 0u);
  EXPECT_EQ(backlog.oldest, 0);
  EXPECT_EQ(backlog.newest, position);
  EXPECT_EQ(backlog.stored, position);
  EXPECT_EQ(Seal(events_), std::nullopt);
}

TEST_P(StoreContract, ABatchThatIsNotSealedAnyMoreIsRefused) {
  const Position position = Append(NewWrite(events_));
  const auto batch = Seal(events_);
  ASSERT_TRUE(batch && store_->Unseal(context_, *batch).ok());
  Append(NewWrite(events_));
  const auto next = Seal(events_);
  ASSERT_TRUE(next.has_value());
  ExpectConflict(store_->Unseal(context_, *batch));
  ExpectConflict(store_->Check(context_, *batch, {}, {Letter(*batch, position, "{}")}));
  ExpectConflict(store_->Finish(context_, *batch));
  ExpectSame(next, Seal(events_));
  EXPECT_EQ(BacklogOf(events_).rows, 2u);
  ASSERT_TRUE(store_->Finish(context_, *next).ok());
  ExpectConflict(store_->Finish(context_, *next));
}

TEST_P(StoreContract, CheckTakesRowsOut) {
  const Position first = Append(WriteOf(events_, {"{\"n\":1}\n", "{\"n\":\"a\"}\n"}));
  const Position second = Append(NewWrite(events_, 2));
  const auto batch = Seal(events_);
  const Position after = Append(NewWrite(events_));
  ASSERT_TRUE(batch.has_value());
  auto kept = Read(*store_, events_, 0, batch->last, kAll);
  kept.erase(kept.begin() + 1);
  kept.back().slice.rows = 1;
  kept.back().slice.body = "{\"n\":2}\n";
  const std::vector<DeadLetter> dead = {Letter(*batch, first, "{\"n\":\"a\"}"), Letter(*batch, second, "{\"n\":2}")};
  const auto status = store_->Check(context_, *batch, kept, dead);
  ASSERT_TRUE(status.ok()) << status.error().message;

  EXPECT_EQ(PositionsOf(Read(events_)), (std::vector<Position>{first, second, after}));
  EXPECT_EQ(Bodies(events_)[1], "{\"n\":2}\n");
  EXPECT_EQ(Read(events_)[1].slice.rows, 1u);
  EXPECT_EQ(Read(events_)[0].slice.day, 20'000);
  const Backlog backlog = BacklogOf(events_);
  EXPECT_EQ(backlog.rows, 3u);
  EXPECT_EQ(backlog.bytes, 8u + 8 + 8);
  EXPECT_EQ(backlog.writes, 3u);
  EXPECT_EQ(backlog.dead, 2u);
  EXPECT_TRUE(backlog.sealed);
  const auto checked = Seal(events_);
  ASSERT_TRUE(checked.has_value());
  EXPECT_EQ(checked->id, batch->id);
  EXPECT_EQ(checked->last, batch->last);
  EXPECT_EQ(checked->rows, 2u);
  EXPECT_EQ(checked->bytes, 16u);
  EXPECT_TRUE(checked->checked && checked->resumed);
}

TEST_P(StoreContract, CheckMayTakeNothingOut) {
  Append(NewWrite(events_, 2));
  const auto batch = Seal(events_);
  const auto before = Bodies(events_);
  ASSERT_TRUE(batch && store_->Check(context_, *batch, Read(events_), {}).ok());
  EXPECT_EQ(Bodies(events_), before);
  EXPECT_TRUE(Seal(events_)->checked);
  EXPECT_EQ(Seal(events_)->rows, 2u);
}

TEST_P(StoreContract, CheckMayTakeEverythingOut) {
  const Position position = Append(WriteOf(events_, {"{\"n\":\"a\"}\n"}));
  const auto batch = Seal(events_);
  ASSERT_TRUE(batch && store_->Check(context_, *batch, {}, {Letter(*batch, position, "{\"n\":\"a\"}")}).ok());
  EXPECT_TRUE(Read(events_).empty());
  const auto checked = Seal(events_);
  ASSERT_TRUE(checked.has_value()) << "a batch without rows still has to be finished";
  EXPECT_EQ(checked->rows, 0u);
  EXPECT_EQ(BacklogOf(events_).rows, 0u);
  EXPECT_EQ(BacklogOf(events_).oldest, 0);
  ASSERT_TRUE(store_->Finish(context_, *checked).ok());
  EXPECT_EQ(BacklogOf(events_).stored, position);
  EXPECT_EQ(BacklogOf(events_).dead, 1u);
  EXPECT_EQ(BacklogOf(events_).writes, 0u);
}

TEST_P(StoreContract, ASecondCheckChangesNothing) {
  const Position position = Append(WriteOf(events_, {"{}\n", "{\"n\":\"a\"}\n"}));
  const auto batch = Seal(events_);
  ASSERT_TRUE(batch.has_value());
  auto kept = Read(events_);
  kept.pop_back();
  const std::vector<DeadLetter> dead = {Letter(*batch, position, "{\"n\":\"a\"}")};
  ASSERT_TRUE(store_->Check(context_, *batch, kept, dead).ok());
  // Whoever did not hear the answer says it again.
  const auto second = Open();
  ASSERT_TRUE(second->Check(context_, *batch, kept, dead).ok());
  ASSERT_TRUE(second->Check(context_, *batch, {}, {}).ok());
  EXPECT_EQ(Letters().size(), 1u);
  EXPECT_EQ(BacklogOf(events_).dead, 1u);
  EXPECT_EQ(BacklogOf(events_).rows, 1u);
  EXPECT_EQ(Bodies(events_), std::vector<std::string>{"{}\n"});
}

TEST_P(StoreContract, ADayThatTheDatabaseRefusesBecomesDeadLetters) {
  Write write = WriteOf(events_, {"{\"n\":1}\n{\"n\":2}\n"});
  write.slices[0].rows = 2;
  write.slices[0].day = 20'000;
  write.slices.push_back({20'001, 1, "{\"n\":3}\n"});
  const Position position = Append(write);
  const auto batch = Seal(events_);
  ASSERT_TRUE(batch && store_->Check(context_, *batch, Read(events_), {}).ok());
  ASSERT_TRUE(store_->Divert(context_, *batch, 20'002, "none").ok());
  EXPECT_EQ(BacklogOf(events_).dead, 0u);
  ASSERT_TRUE(store_->Divert(context_, *batch, 20'000, "refused: because").ok());
  ASSERT_TRUE(Open()->Divert(context_, *batch, 20'000, "refused: again").ok()) << "whoever did not hear the answer";
  EXPECT_EQ(Bodies(events_), std::vector<std::string>{"{\"n\":3}\n"});
  const auto letters = Letters();
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_EQ(letters[1].row, "{\"n\":2}");
  EXPECT_EQ(letters[1].reason, "refused: because");
  EXPECT_EQ(letters[1].position, position);
  EXPECT_EQ(letters[1].day, 20'000);
  EXPECT_EQ(BacklogOf(events_).rows, 1u);
  ASSERT_TRUE(store_->Finish(context_, *batch).ok());
  EXPECT_EQ(BacklogOf(events_).rows, 0u);
  EXPECT_EQ(BacklogOf(events_).dead, 2u);
}

TEST_P(StoreContract, TotalsAreZeroInTheEnd) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5; ++i) Append(WriteOf(events_, {"{}\n", "{\"n\":\"a\"}\n"}));
    while (const auto batch = Seal(events_, {.rows = 4, .bytes = 1'000})) {
      std::vector<Entry> kept;
      std::vector<DeadLetter> dead;
      for (const Entry& entry : Read(*store_, events_, batch->first - 1, batch->last, kAll)) {
        if (entry.slice.body == "{}\n") kept.push_back(entry);
        if (entry.slice.body != "{}\n") dead.push_back(Letter(*batch, entry.position, "{\"n\":\"a\"}"));
      }
      ASSERT_TRUE(store_->Check(context_, *batch, kept, dead).ok());
      ASSERT_TRUE(store_->Finish(context_, *batch).ok());
    }
  }
  const Backlog backlog = BacklogOf(events_);
  EXPECT_EQ(backlog.rows + backlog.bytes + backlog.writes, 0u);
  EXPECT_EQ(backlog.dead, 15u);
  EXPECT_EQ(backlog.stored, backlog.newest);
  store_ = Open({.max_rows = 15 + 2});
  Append(NewWrite(events_, 2));  // the sum of all tables is back at zero, too; the letters have their room
}

TEST_P(StoreContract, OneHasTheLease) {
  const auto second = Open();
  auto lease = store_->TryLease(context_);
  ASSERT_TRUE(lease.ok() && *lease);
  EXPECT_TRUE((*lease)->Renew());
  for (Store* store : {store_.get(), second.get()}) {
    const auto refused = store->TryLease(context_);
    ASSERT_TRUE(refused.ok()) << "that somebody else has it is no error";
    EXPECT_EQ(*refused, nullptr);
  }
  lease->reset();
  auto next = second->TryLease(context_);
  ASSERT_TRUE(next.ok() && *next);
  EXPECT_TRUE((*next)->Renew());
  EXPECT_EQ(*store_->TryLease(context_), nullptr);
}

}  // namespace
}  // namespace chimera::ingest
