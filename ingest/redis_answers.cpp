#include "ingest/redis_answers.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <map>
#include <utility>

#include "ingest/redis_records.h"

namespace chimera::ingest {
namespace {

constexpr std::chrono::seconds kFullWait{1};  // a flush takes about that long
constexpr std::chrono::seconds kAgeWait{30};  // nothing has been flushed for long

Error LeaseLost() {
  return MakeError(ErrorCode::kConflict, "the lease on the buffer is over, or somebody else has it",
                   "take it again before going on");
}

}  // namespace

std::string_view PartOf(const Reply& answer, size_t index) {
  return IsArray(*answer, index + 1) ? TextOf(*answer->element[index]) : std::string_view();
}

uint64_t NumberIn(const Reply& answer, size_t index) {
  return IsArray(*answer, index + 1) ? NumberOf(*answer->element[index]) : 0;
}

Result<Accepted> AcceptedOf(const Reply& answer) {
  const std::string_view word = WordOf(answer);
  if (word == "added" || word == "repeated") {
    return Accepted{.position = static_cast<Position>(NumberIn(answer, 1)), .repeated = word == "repeated"};
  }
  if (word == "frozen") return FrozenError();
  if (word != "conflict") return NoRoom(answer);
  return MakeError(ErrorCode::kConflict, "other rows came under this idempotency key before",
                   "use a new key for new rows, and the same key only for exactly the same rows");
}

Result<std::optional<Batch>> BatchOf(const Reply& answer, const Destination& to, const std::string& id) {
  if (WordOf(answer) == "empty") return std::optional<Batch>();
  if (WordOf(answer) == "lost") return LeaseLost();
  Batch batch;
  batch.id = PartOf(answer, 1);
  batch.to = to;
  batch.first = static_cast<Position>(NumberIn(answer, 2));
  batch.last = static_cast<Position>(NumberIn(answer, 3));
  batch.rows = NumberIn(answer, 4);
  batch.bytes = NumberIn(answer, 5);
  batch.checked = PartOf(answer, 7) == "1";
  batch.resumed = batch.id != id;
  return std::optional<Batch>(std::move(batch));
}

Status DoneOf(const Result<Reply>& answer) {
  if (!answer) return answer.error();
  if (WordOf(*answer) == "ok") return Ok();
  if (WordOf(*answer) == "lost") return LeaseLost();
  return MakeError(ErrorCode::kConflict, "the batch is not the one that is sealed now",
                   "seal the table's writes again");
}

Error NoRoom(const Reply& answer) {
  const std::string limit(PartOf(answer, 1));
  if (WordOf(answer) == "large") {
    return MakeError(ErrorCode::kTooLarge, "this has more " + limit + " than the buffer may hold in all",
                     "send it in smaller pieces");
  }
  const bool is_age = limit == "age";
  const std::string dead(PartOf(answer, 2));
  const std::string letters = dead.empty() || dead == "0" ? "" : ", beside " + dead + " dead letters";
  Error error = MakeError(ErrorCode::kBusy,
                          is_age ? "the buffer takes no more rows: some have waited too long for the database"
                                 : "the buffer is full: too many " + limit + " wait for the database" + letters,
                          "send the same again later, with the same idempotency key");
  error.retry_after = is_age ? kAgeWait : kFullWait;
  return error;
}

Size SizeOf(const std::vector<Entry>& entries) {
  Size size;
  for (const Entry& entry : entries) {
    if (entry.slice.rows == 0) continue;
    size.rows += entry.slice.rows;
    size.bytes += entry.slice.body.size();
  }
  return size;
}

void AddKept(const std::vector<Entry>& kept, Arguments& arguments) {
  struct Packed {
    Size size;
    std::string slices;
  };
  std::map<Position, Packed> writes;
  for (const Entry& entry : kept) {
    if (entry.slice.rows == 0) continue;
    Packed& write = writes[entry.position];
    write.size.rows += entry.slice.rows;
    write.size.bytes += entry.slice.body.size();
    write.slices += PackSlice(entry.slice);
  }
  arguments.push_back(std::to_string(writes.size()));
  for (auto& [position, write] : writes) {
    arguments.push_back(std::to_string(position));
    arguments.push_back(std::to_string(write.size.rows));
    arguments.push_back(std::to_string(write.size.bytes));
    arguments.push_back(std::move(write.slices));
  }
}

void AddDead(const std::vector<DeadLetter>& dead, Arguments& arguments) {
  arguments.push_back(std::to_string(dead.size()));
  for (const DeadLetter& letter : dead) {
    const auto at = std::chrono::duration_cast<std::chrono::microseconds>(letter.at.time_since_epoch());
    arguments.push_back(std::to_string(letter.position));
    arguments.push_back(letter.day ? std::to_string(*letter.day) : std::string());
    arguments.push_back(letter.row);
    arguments.push_back(letter.reason);
    arguments.push_back(std::to_string(at.count()));
  }
}

}  // namespace chimera::ingest
