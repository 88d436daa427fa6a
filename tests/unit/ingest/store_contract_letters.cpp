// Dead letters: listed, sent again, dropped.
#include "tests/unit/ingest/store_contract.h"

namespace chimera::ingest {
namespace {

std::vector<std::string> RowsOf(const std::vector<DeadLetter>& letters) {
  std::vector<std::string> rows;
  for (const DeadLetter& letter : letters) rows.push_back(letter.row);
  return rows;
}

TEST_P(StoreContract, DeadLettersSayWhatHappened) {
  const Position position = Append(WriteOf(events_, {"{\"n\":\"ä\"}\n"}));
  const auto batch = Seal(events_);
  ASSERT_TRUE(batch.has_value());
  DeadLetter letter = Letter(*batch, position, "{\"n\":\"ä\"}");
  letter.day = std::nullopt;
  ASSERT_TRUE(store_->Check(context_, *batch, {}, {letter}).ok());
  const auto letters = Letters();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_GT(letters[0].id, 0u);
  EXPECT_EQ(letters[0].to, events_);
  EXPECT_EQ(letters[0].position, position);
  EXPECT_EQ(letters[0].day, std::nullopt);
  EXPECT_EQ(letters[0].batch, batch->id);
  EXPECT_EQ(letters[0].row, "{\"n\":\"ä\"}");
  EXPECT_EQ(letters[0].reason, letter.reason);
  EXPECT_EQ(letters[0].at, letter.at);
}

TEST_P(StoreContract, DeadLettersAreListedInPages) {
  for (int i = 0; i < 4; ++i) {
    Bury(events_, "{\"e\":" + std::to_string(i) + "}");
    Bury(other_, "{\"o\":" + std::to_string(i) + "}");
  }
  EXPECT_EQ(RowsOf(Letters(events_)), (std::vector<std::string>{"{\"e\":0}", "{\"e\":1}", "{\"e\":2}", "{\"e\":3}"}));
  EXPECT_EQ(RowsOf(Letters({}, 0, 3)), (std::vector<std::string>{"{\"e\":0}", "{\"o\":0}", "{\"e\":1}"}));
  const uint64_t third = Letters({}, 0, 3).back().id;
  EXPECT_EQ(RowsOf(Letters({}, third, 2)), (std::vector<std::string>{"{\"o\":1}", "{\"e\":2}"}));
  EXPECT_EQ(RowsOf(Letters(other_, third, 2)), (std::vector<std::string>{"{\"o\":1}", "{\"o\":2}"}));
  EXPECT_TRUE(Letters({}, Letters().back().id).empty());
  EXPECT_EQ(Letters().size(), 8u);
}

TEST_P(StoreContract, LettersThatAreTakenAreWritesAgain) {
  const DeadLetter first = Bury(events_, "{\"n\":1}");
  const DeadLetter second = Bury(events_, "{\"n\":2}");
  const DeadLetter third = Bury(other_, "{\"n\":3}");
  const Position waiting = Append(NewWrite(events_));
  const auto taken = store_->TakeDeadLetters(context_, {first.id, third.id}, false);
  ASSERT_TRUE(taken.ok()) << taken.error().message;
  EXPECT_EQ(*taken, 2u);
  EXPECT_EQ(RowsOf(Letters()), std::vector<std::string>{"{\"n\":2}"});
  const auto entries = Read(events_);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].position, waiting);
  EXPECT_GT(entries[1].position, waiting);
  EXPECT_EQ(entries[1].slice.body, "{\"n\":1}\n");
  EXPECT_EQ(entries[1].slice.rows, 1u);
  EXPECT_EQ(entries[1].slice.day, first.day);
  const Backlog backlog = BacklogOf(events_);
  EXPECT_EQ(backlog.rows, 2u);
  EXPECT_EQ(backlog.bytes, 16u);
  EXPECT_EQ(backlog.writes, 2u);
  EXPECT_EQ(backlog.dead, 1u);
  EXPECT_EQ(backlog.newest, entries[1].position);
  EXPECT_EQ(BacklogOf(other_).dead, 0u);
  EXPECT_EQ(Seal(events_)->rows, 2u);
  EXPECT_EQ(second.row, "{\"n\":2}");
}

TEST_P(StoreContract, LettersThatAreTakenStayBehindASealedBatch) {
  const DeadLetter letter = Bury(events_, "{\"n\":1}");
  Append(NewWrite(events_));
  const auto batch = Seal(events_);
  ASSERT_EQ(*store_->TakeDeadLetters(context_, {letter.id}, false), 1u);
  EXPECT_EQ(Seal(events_)->rows, 1u);
  ASSERT_TRUE(batch && store_->Finish(context_, *batch).ok());
  EXPECT_EQ(Bodies(events_), std::vector<std::string>{"{\"n\":1}\n"});
}

TEST_P(StoreContract, LettersCanBeDropped) {
  const DeadLetter letter = Bury(events_, "{\"n\":1}");
  Bury(events_, "{\"n\":2}");
  EXPECT_EQ(*store_->TakeDeadLetters(context_, {letter.id}, true), 1u);
  EXPECT_EQ(RowsOf(Letters()), std::vector<std::string>{"{\"n\":2}"});
  EXPECT_EQ(BacklogOf(events_).dead, 1u);
  EXPECT_EQ(BacklogOf(events_).rows, 0u);
}

TEST_P(StoreContract, DeadLettersTakeTheRoomOfRowsThatWait) {
  store_ = Open({.max_rows = 3});
  const DeadLetter first = Bury(events_, "{\"n\":1}");
  const DeadLetter second = Bury(other_, "{\"n\":2}");
  Append(NewWrite(events_));
  const auto refused = store_->Append(context_, NewWrite(events_));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kBusy);
  EXPECT_TRUE(refused.error().retry_after.has_value());
  EXPECT_NE(refused.error().message.find("2 dead letters"), std::string::npos) << refused.error().message;
  ASSERT_EQ(*store_->TakeDeadLetters(context_, {first.id}, false), 1u) << "it has its room";
  EXPECT_FALSE(store_->Append(context_, NewWrite(events_)).ok());
  ASSERT_EQ(*store_->TakeDeadLetters(context_, {second.id}, true), 1u);
  Append(NewWrite(events_));
  EXPECT_EQ(BacklogOf(events_).rows, 3u);
}

TEST_P(StoreContract, AndSoDoTheirBytes) {
  store_ = Open({.max_bytes = 100});
  const DeadLetter letter = Bury(events_, std::string(60, 'a'));
  const Write write = WriteOf(events_, {std::string(50, 'b')});
  const auto refused = store_->Append(context_, write);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kBusy);
  ASSERT_EQ(*store_->TakeDeadLetters(context_, {letter.id}, true), 1u);
  Append(write);
}

TEST_P(StoreContract, LettersThatAreGoneAreSkipped) {
  const DeadLetter letter = Bury(events_, "{\"n\":1}");
  EXPECT_EQ(*store_->TakeDeadLetters(context_, {letter.id + 1'000, letter.id, letter.id}, false), 1u);
  EXPECT_EQ(*Open()->TakeDeadLetters(context_, {letter.id}, false), 0u);
  EXPECT_EQ(*store_->TakeDeadLetters(context_, {}, false), 0u);
  EXPECT_EQ(BacklogOf(events_).rows, 1u);
  const DeadLetter next = Bury(other_, "{\"n\":2}");
  EXPECT_NE(next.id, letter.id) << "an id was given twice";
}

}  // namespace
}  // namespace chimera::ingest
