#include "tests/unit/ingest/store_contract.h"

#include "base/text.h"

namespace chimera::ingest {

void StoreContract::SetUp() {
  open_ = GetParam().fresh();
  if (!open_) GTEST_SKIP() << GetParam().name << " is not there";
  store_ = Open();
  ASSERT_NE(store_, nullptr);
}

std::unique_ptr<Store> StoreContract::OpenFrom(const OpenStore& open, const StoreLimits& limits) {
  return open(limits, [this] { return std::chrono::system_clock::time_point(std::chrono::microseconds(now_.load())); });
}

Write StoreContract::NewWrite(const Destination& to, uint64_t rows) {
  const std::string name = std::to_string(++writes_);
  Slice slice{.day = 20'000, .rows = rows, .body = {}};
  for (uint64_t row = 0; row < rows; ++row) slice.body += R"({"n":)" + name + "}\n";
  return {to, Sha256Hex("write " + name), Sha256Hex(slice.body), {slice}};
}

Write StoreContract::WriteOf(const Destination& to, const std::vector<std::string>& bodies) {
  Write write{to, Sha256Hex("write " + std::to_string(++writes_)), Sha256Hex(Join(bodies, "")), {}};
  int64_t day = 20'000;
  for (const std::string& body : bodies) write.slices.push_back({.day = day++, .rows = 1, .body = body});
  return write;
}

Position StoreContract::Append(Store& store, const Write& write) {
  const auto accepted = store.Append(context_, write);
  if (!accepted) {
    ADD_FAILURE() << accepted.error().message;
    return 0;
  }
  EXPECT_FALSE(accepted->repeated);
  return accepted->position;
}

std::vector<Entry> StoreContract::Read(const Destination& to, Position after, const BatchLimits& limits) {
  return Read(*store_, to, after, kEver, limits);
}

std::vector<Entry> StoreContract::Read(Store& store, const Destination& to, Position after, Position until,
                                       const BatchLimits& limits) {
  const auto entries = store.Read(context_, to, after, until, limits);
  if (entries) return *entries;
  ADD_FAILURE() << entries.error().message;
  return {};
}

std::vector<std::string> StoreContract::Bodies(const Destination& to) {
  std::vector<std::string> bodies;
  for (const Entry& entry : Read(to)) bodies.push_back(entry.slice.body);
  return bodies;
}

std::optional<Batch> StoreContract::Seal(Store& store, const Destination& to, const BatchLimits& limits) {
  const auto batch = store.Seal(context_, to, limits);
  if (batch) return *batch;
  ADD_FAILURE() << batch.error().message;
  return std::nullopt;
}

Backlog StoreContract::BacklogOf(const Destination& to) {
  const auto backlogs = store_->Backlogs(context_);
  if (!backlogs) ADD_FAILURE() << backlogs.error().message;
  if (!backlogs) return {};
  for (const Backlog& backlog : *backlogs) {
    if (backlog.to == to) return backlog;
  }
  return {};
}

DeadLetter StoreContract::Letter(const Batch& batch, Position position, std::string row) {
  DeadLetter letter;
  letter.to = batch.to;
  letter.position = position;
  letter.day = 20'000;
  letter.batch = batch.id;
  letter.row = std::move(row);
  letter.reason = "type_mismatch: n is text; send a number";
  letter.at = std::chrono::system_clock::time_point(std::chrono::microseconds(now_.load()));
  return letter;
}

std::vector<DeadLetter> StoreContract::Letters(const std::optional<Destination>& to, uint64_t after, uint64_t limit) {
  const auto letters = store_->DeadLetters(context_, to, after, limit);
  if (letters) return *letters;
  ADD_FAILURE() << letters.error().message;
  return {};
}

DeadLetter StoreContract::Bury(const Destination& to, const std::string& row) {
  const Position position = Append(WriteOf(to, {row + "\n"}));
  const auto batch = Seal(to);
  EXPECT_TRUE(batch && store_->Check(context_, *batch, {}, {Letter(*batch, position, row)}).ok());
  EXPECT_TRUE(batch && store_->Finish(context_, *batch).ok());
  const auto letters = Letters(to);
  return letters.empty() ? DeadLetter{} : letters.back();
}

std::vector<Position> PositionsOf(const std::vector<Entry>& entries) {
  std::vector<Position> positions;
  for (const Entry& entry : entries) positions.push_back(entry.position);
  return positions;
}

}  // namespace chimera::ingest
