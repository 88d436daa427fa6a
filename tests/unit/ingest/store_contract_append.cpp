// Writes on their way in: positions, identities, limits.
#include <algorithm>
#include <mutex>
#include <thread>

#include "base/text.h"
#include "tests/unit/ingest/store_contract.h"

namespace chimera::ingest {
namespace {

TEST_P(StoreContract, PositionsAreTimes) {
  const Position position = Append(NewWrite(events_));
  EXPECT_GE(position, kStart);
  EXPECT_LT(position, kStart + 1'000'000);
}

TEST_P(StoreContract, PositionsGrowWhereTheClockStandsStillOrGoesBack) {
  Position last = Append(NewWrite(events_));
  for (int i = 0; i < 5; ++i) {
    const Position position = Append(NewWrite(i % 2 == 0 ? other_ : events_));
    EXPECT_GT(position, last);
    last = position;
  }
  SetClock(kStart - 3'600'000'000);
  const Position position = Append(NewWrite(events_));
  EXPECT_GT(position, last);
  const auto second = Open();
  EXPECT_GT(Append(*second, NewWrite(events_)), position);
}

TEST_P(StoreContract, PositionsGrowWhereAllWritesWereFinished) {
  const Position first = Append(NewWrite(events_));
  const auto batch = Seal(events_);
  ASSERT_TRUE(batch && store_->Finish(context_, *batch).ok());
  store_ = nullptr;
  SetClock(kStart - 1);
  store_ = Open();
  EXPECT_GT(Append(NewWrite(events_)), first);
}

TEST_P(StoreContract, ANewBufferGoesOnWhereAnOldOneWas) {
  const Position before = Append(NewWrite(events_));
  PassTime(std::chrono::seconds(1));
  const OpenStore fresh = GetParam().fresh();
  const auto another = OpenFrom(fresh);
  EXPECT_GT(Append(*another, NewWrite(events_)), before);
}

TEST_P(StoreContract, KeepsWhatWasWrittenInOrder) {
  Write write = WriteOf(events_, {"{\"a\":1}\n", "{\"a\":2}\n", "{\"a\":3}\n"});
  write.slices[1].day = std::nullopt;
  write.slices[2].day = -1;
  const Position first = Append(write);
  const Position second = Append(WriteOf(events_, {"{\"a\":4}\n"}));
  const auto entries = Read(events_);
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(PositionsOf(entries), (std::vector<Position>{first, first, first, second}));
  EXPECT_EQ(entries[0].slice.day, 20'000);
  EXPECT_EQ(entries[1].slice.day, std::nullopt);
  EXPECT_EQ(entries[2].slice.day, -1);
  EXPECT_EQ(entries[2].slice.rows, 1u);
  EXPECT_EQ(Bodies(events_), (std::vector<std::string>{"{\"a\":1}\n", "{\"a\":2}\n", "{\"a\":3}\n", "{\"a\":4}\n"}));
}

TEST_P(StoreContract, KeepsEveryByte) {
  std::string large(1'000'000, 'x');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 % 256);
  const std::vector<std::string> bodies = {"{\"t\":\"größer 数据 🜁\"}\n", std::string("{\"n\":\"\0\0\"}\n", 11), large,
                                           "\xff\xfe\n", "' \" \\ \r\n"};
  Append(WriteOf(events_, bodies));
  EXPECT_EQ(Bodies(events_), bodies);
}

TEST_P(StoreContract, KeepsTablesOfAnyNameApart) {
  const std::vector<Destination> tables = {{"d", "a", "b"},   {"d", "a b", ""},      {"d", "a", "b:c"},
                                           {"d", "a:b", "c"}, {"d", "größe", "{x}"}, {"", "d a", "b"}};
  for (const Destination& to : tables) Append(WriteOf(to, {to.dataset + "|" + to.database + "|" + to.table + "\n"}));
  for (const Destination& to : tables)
    EXPECT_EQ(Bodies(to), std::vector<std::string>{to.dataset + "|" + to.database + "|" + to.table + "\n"});
  EXPECT_EQ(store_->Backlogs(context_)->size(), tables.size());
}

TEST_P(StoreContract, WhatWasAcceptedIsThereForOthersAndLater) {
  const auto second = Open();
  Append(WriteOf(events_, {"{\"a\":1}\n"}));
  EXPECT_EQ(Read(*second, events_, 0, kEver, kAll).size(), 1u);
  store_ = nullptr;
  store_ = Open();
  EXPECT_EQ(Bodies(events_), std::vector<std::string>{"{\"a\":1}\n"});
}

TEST_P(StoreContract, ThreadsOfTwoProcessesWriteAtOnce) {
  constexpr int kThreads = 8;
  constexpr int kWrites = 25;
  std::vector<Write> writes;
  for (int i = 0; i < kThreads * kWrites; ++i) writes.push_back(NewWrite(i % 3 == 0 ? other_ : events_));
  const auto second = Open();
  std::vector<Position> positions(writes.size());
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      Store& store = thread % 2 == 0 ? *store_ : *second;
      for (size_t i = thread * kWrites; i < size_t(thread + 1) * kWrites; ++i) positions[i] = Append(store, writes[i]);
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::vector<Position> kept = PositionsOf(Read(events_));
  EXPECT_TRUE(std::is_sorted(kept.begin(), kept.end()));
  for (const Position position : PositionsOf(Read(other_))) kept.push_back(position);
  std::sort(kept.begin(), kept.end());
  std::sort(positions.begin(), positions.end());
  EXPECT_EQ(std::adjacent_find(positions.begin(), positions.end()), positions.end()) << "a position was given twice";
  EXPECT_EQ(kept, positions);
  EXPECT_EQ(BacklogOf(events_).rows + BacklogOf(other_).rows, writes.size());
}

TEST_P(StoreContract, ARepeatAddsNothing) {
  const Write write = NewWrite(events_, 3);
  const Position position = Append(write);
  PassTime(std::chrono::seconds(5));
  const auto again = Open()->Append(context_, write);
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_TRUE(again->repeated);
  EXPECT_EQ(again->position, position);
  EXPECT_EQ(BacklogOf(events_).rows, 3u);
  EXPECT_EQ(BacklogOf(events_).newest, position);
}

TEST_P(StoreContract, ANameWithOtherContentIsAConflict) {
  const Write first = NewWrite(events_);
  Append(first);
  Write second = NewWrite(events_);
  second.identity = first.identity;
  const auto refused = store_->Append(context_, second);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_EQ(BacklogOf(events_).rows, 1u);
  second.to = other_;
  Append(second);  // the same name elsewhere is another write
}

TEST_P(StoreContract, OneOfRepeatsAtOnceIsTheFirst) {
  const Write write = NewWrite(events_);
  const auto second = Open();
  std::atomic<int> added = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      const auto accepted = (thread % 2 == 0 ? *store_ : *second).Append(context_, write);
      ASSERT_TRUE(accepted.ok()) << accepted.error().message;
      if (!accepted->repeated) ++added;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(added, 1);
  EXPECT_EQ(Read(events_).size(), 1u);
}

TEST_P(StoreContract, ARepeatIsKnownWhileItsFirstIsStoredAndAfterwards) {
  const Write write = NewWrite(events_);
  const Position position = Append(write);
  const auto batch = Seal(events_);
  ASSERT_TRUE(batch.has_value());
  const auto sealed = store_->Append(context_, write);
  ASSERT_TRUE(sealed.ok() && sealed->repeated);
  ASSERT_TRUE(store_->Finish(context_, *batch).ok());
  const auto finished = store_->Append(context_, write);
  ASSERT_TRUE(finished.ok() && finished->repeated);
  EXPECT_EQ(finished->position, position);
  EXPECT_EQ(BacklogOf(events_).rows, 0u);
}

TEST_P(StoreContract, NamesAreForgottenAfterTheirLife) {
  store_ = Open({.key_life = std::chrono::seconds(60)});
  const Write write = NewWrite(events_);
  const Position position = Append(write);
  PassTime(std::chrono::seconds(30));
  const Write later = NewWrite(events_);
  Append(later);
  PassTime(std::chrono::seconds(29));
  ASSERT_TRUE(store_->Sweep(context_).ok());
  EXPECT_TRUE(store_->Append(context_, write)->repeated);
  PassTime(std::chrono::seconds(2));
  ASSERT_TRUE(store_->Sweep(context_).ok());
  EXPECT_GT(Append(write), position);
  EXPECT_TRUE(store_->Append(context_, later)->repeated);
}

void ExpectBusy(const Result<Accepted>& refused) {
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kBusy) << refused.error().message;
  EXPECT_TRUE(refused.error().retry_after.has_value());
}

TEST_P(StoreContract, RowsOfAllTablesAreLimited) {
  store_ = Open({.max_rows = 10});
  const Write first = NewWrite(events_, 4);
  Append(first);
  Append(NewWrite(other_, 5));
  ExpectBusy(store_->Append(context_, NewWrite(events_, 2)));
  Append(NewWrite(events_, 1));
  ExpectBusy(store_->Append(context_, NewWrite(events_, 1)));
  EXPECT_TRUE(store_->Append(context_, first)->repeated) << "a repeat needs no room";
  const auto batch = Seal(other_);
  ExpectBusy(store_->Append(context_, NewWrite(events_, 1)));
  ASSERT_TRUE(batch && store_->Finish(context_, *batch).ok());
  Append(NewWrite(events_, 5));
}

TEST_P(StoreContract, BytesAreLimited) {
  store_ = Open({.max_bytes = 100});
  Append(WriteOf(events_, {std::string(40, 'a'), std::string(40, 'b')}));
  ExpectBusy(store_->Append(context_, WriteOf(other_, {std::string(21, 'c')})));
  Append(WriteOf(other_, {std::string(20, 'd')}));
}

TEST_P(StoreContract, AWriteThatNeverFitsIsTooLarge) {
  store_ = Open({.max_rows = 10, .max_bytes = 100});
  for (const Write& write : {NewWrite(events_, 11), WriteOf(events_, {std::string(101, 'a')})}) {
    const auto refused = store_->Append(context_, write);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::kTooLarge) << refused.error().message;
  }
  EXPECT_EQ(BacklogOf(events_).rows, 0u);
}

TEST_P(StoreContract, NothingIsTakenBehindOneThatWaitsForTooLong) {
  store_ = Open({.max_age = std::chrono::seconds(60)});
  Append(NewWrite(events_));
  PassTime(std::chrono::seconds(59));
  Append(NewWrite(other_));
  PassTime(std::chrono::seconds(2));
  ExpectBusy(store_->Append(context_, NewWrite(other_)));
  const auto batch = Seal(events_);
  ASSERT_TRUE(batch && store_->Finish(context_, *batch).ok());
  Append(NewWrite(other_));
}

TEST_P(StoreContract, ARefusedWriteLeavesNothing) {
  store_ = Open({.max_rows = 2});
  const Write write = WriteOf(events_, {"{}\n", "{}\n", "{}\n"});
  EXPECT_FALSE(store_->Append(context_, write).ok());
  EXPECT_TRUE(Read(events_).empty());
  EXPECT_EQ(BacklogOf(events_).rows, 0u);
  store_ = Open();
  Append(write);  // its name is free
  EXPECT_EQ(Read(events_).size(), 3u);
}

TEST_P(StoreContract, FindsWhatItKnows) {
  const Write write = NewWrite(events_);
  auto found = store_->Find(context_, write);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_FALSE(found->has_value());
  EXPECT_TRUE(store_->Backlogs(context_)->empty()) << "looking makes no table known";
  const Position position = Append(write);
  found = Open()->Find(context_, write);
  ASSERT_TRUE(found.ok() && found->has_value());
  EXPECT_TRUE((*found)->repeated);
  EXPECT_EQ((*found)->position, position);
  Write elsewhere = write;
  elsewhere.to = other_;
  EXPECT_FALSE(store_->Find(context_, elsewhere)->has_value());
  Write changed = NewWrite(events_);
  changed.identity = write.identity;
  const auto conflict = store_->Find(context_, changed);
  ASSERT_FALSE(conflict.ok());
  EXPECT_EQ(conflict.error().code, ErrorCode::kConflict);
}

TEST_P(StoreContract, FrozenTakesNothingNewFromAnybody) {
  const Write first = NewWrite(events_);
  Append(first);
  EXPECT_FALSE(*store_->IsFrozen(context_));
  const auto second = Open();
  ASSERT_TRUE(second->Freeze(context_, true).ok());
  ASSERT_TRUE(second->Freeze(context_, true).ok()) << "twice is once";
  EXPECT_TRUE(*store_->IsFrozen(context_));
  const Write next = NewWrite(other_);
  const auto refused = store_->Append(context_, next);
  ExpectBusy(refused);
  EXPECT_NE(refused.error().message.find("frozen"), std::string::npos);
  EXPECT_TRUE(store_->Append(context_, first)->repeated) << "nothing is added by it";
  const auto batch = Seal(events_);
  ASSERT_TRUE(batch && store_->Finish(context_, *batch).ok()) << "what waits is stored";
  store_ = nullptr;
  store_ = Open();
  EXPECT_TRUE(*store_->IsFrozen(context_)) << "it outlives its process";
  ASSERT_TRUE(store_->Freeze(context_, false).ok());
  EXPECT_FALSE(*second->IsFrozen(context_));
  Append(next);
}

TEST_P(StoreContract, AWithdrawnCallWritesNothing) {
  std::stop_source stop;
  stop.request_stop();
  context_.stop = stop.get_token();
  const auto refused = store_->Append(context_, NewWrite(events_));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kCancelled);
  context_.stop = {};
  context_.deadline = Deadline::After(std::chrono::milliseconds(0));
  const auto late = store_->Append(context_, NewWrite(events_));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  context_.deadline = {};
  EXPECT_TRUE(Read(events_).empty());
}

TEST_P(StoreContract, HasAName) {
  EXPECT_FALSE(store_->Name().empty());
  EXPECT_EQ(store_->Name(), Open()->Name());
  store_->Warnings(context_);  // whatever they say
}

}  // namespace
}  // namespace chimera::ingest
