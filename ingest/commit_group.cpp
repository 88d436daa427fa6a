#include "ingest/commit_group.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace chimera::ingest::sqlite {
namespace {

// Bounds of a transaction, so that nobody waits long for one.
constexpr size_t kMaxChanges = 256;
constexpr uint64_t kMaxBytes = 8'000'000;

// How long a leader waits for those who were there a moment ago: about what a commit takes, so that two small ones
// become a large one. Callers who come alone never wait.
constexpr std::chrono::microseconds kGather{500};

Error Withdrawn(const RequestContext& context) {
  if (context.Cancelled()) return MakeError(ErrorCode::kCancelled, "the call was withdrawn; nothing of it was kept");
  return MakeError(ErrorCode::kTimeout, "the buffer was busy until the time was over; nothing of this call was kept",
                   "call again");
}

}  // namespace

CommitGroup::CommitGroup(std::unique_ptr<Connection> writer, std::function<Status()> intact)
    : writer_(std::move(writer)), intact_(std::move(intact)) {}

Status CommitGroup::Commit(const RequestContext& context, uint64_t bytes, const Change& change) {
  if (context.Cancelled() || context.deadline.Expired()) return Withdrawn(context);
  const auto turn = std::make_shared<Turn>(change, bytes);
  std::unique_lock lock(mutex_);
  waiting_.push_back(turn);
  if (waiting_.size() == expected_) gathered_.notify_one();
  while (!turn->done) {
    if (!turn->taken && IsNext(*turn)) {
      Lead(context, lock);
    } else if (!WaitFor(context, lock, *turn)) {
      Leave(*turn);
      return Withdrawn(context);
    }
  }
  return std::move(turn->outcome);
}

bool CommitGroup::WaitFor(const RequestContext& context, std::unique_lock<std::mutex>& lock, Turn& turn) {
  const auto ready = [&] { return turn.done || turn.taken || IsNext(turn); };
  if (!turn.taken && !turn.woken.wait_for(lock, context.stop, context.deadline.Remaining(), ready)) return false;
  if (turn.taken) turn.woken.wait(lock, [&] { return turn.done; });
  return true;
}

void CommitGroup::Leave(const Turn& turn) {
  std::erase_if(waiting_, [&](const auto& waiting) { return waiting.get() == &turn; });
  if (const auto next = Next()) next->woken.notify_one();
}

// Who is to lead now.
std::shared_ptr<CommitGroup::Turn> CommitGroup::Next() const {
  return writing_ || waiting_.empty() ? nullptr : waiting_.front();
}

void CommitGroup::Lead(const RequestContext& context, std::unique_lock<std::mutex>& lock) {
  writing_ = true;
  gathered_.wait_for(lock, kGather, [this] { return waiting_.size() >= expected_; });
  lock.unlock();
  const Status begun = Begin(context);  // others may still join, or leave
  lock.lock();
  const Group group = TakeGroup(!begun.ok());
  lock.unlock();
  if (begun.ok()) Write(context, group);
  lock.lock();
  for (const auto& turn : group) {
    if (!begun.ok()) turn->outcome = begun;
    turn->done = true;
  }
  expected_ = group.size() + waiting_.size();
  writing_ = false;
  const auto next = Next();
  lock.unlock();  // so that nobody wakes to wait for it
  for (const auto& turn : group) turn->woken.notify_one();
  if (next) next->woken.notify_one();
  lock.lock();
}

Status CommitGroup::Begin(const RequestContext& context) {
  const Patience patience(*writer_, context);
  return writer_->Run("BEGIN IMMEDIATE");
}

CommitGroup::Group CommitGroup::TakeGroup(bool first_only) {
  Group group;
  uint64_t bytes = 0;
  const size_t most = first_only ? 1 : kMaxChanges;
  while (!waiting_.empty() && group.size() < most && (group.empty() || bytes + waiting_.front()->bytes <= kMaxBytes)) {
    bytes += waiting_.front()->bytes;
    waiting_.front()->taken = true;
    group.push_back(waiting_.front());
    waiting_.pop_front();
  }
  return group;
}

void CommitGroup::Write(const RequestContext& context, const Group& group) {
  if (!MakeTogether(group) && group.size() > 1) {
    const Status started = StartOver(context);
    for (const auto& turn : group) turn->outcome = started.ok() ? MakeAlone(turn->change) : started;
  }
  const bool changed = std::any_of(group.begin(), group.end(), [](const auto& turn) { return turn->outcome.ok(); });
  const Status finished = Finish(changed);
  for (const auto& turn : group) {
    if (!finished.ok() && turn->outcome.ok()) turn->outcome = finished;
  }
}

// Without a savepoint for each, which would copy every page that one of them changes. False: one has failed half-way,
// and cannot be undone by itself.
bool CommitGroup::MakeTogether(const Group& group) {
  for (const auto& turn : group) {
    const uint64_t before = writer_->TotalChanges();
    turn->outcome = Make(turn->change);
    if (!turn->outcome.ok() && (!writer_->InTransaction() || writer_->TotalChanges() != before)) return false;
  }
  return true;
}

Status CommitGroup::StartOver(const RequestContext& context) {
  if (writer_->InTransaction()) {
    if (Status undone = writer_->Run("ROLLBACK"); !undone.ok()) return undone;
  }
  return Begin(context);
}

Status CommitGroup::MakeAlone(const Change& change) {
  // A full disk or an error of the file may have ended the transaction.
  if (!writer_->InTransaction()) return MakeError(ErrorCode::kIoError, "the buffer could not be written just before");
  if (Status begun = writer_->Run("SAVEPOINT one"); !begun.ok()) return begun;
  Status made = Make(change);
  if (!writer_->InTransaction()) return made;
  if (!made.ok()) {
    if (Status undone = writer_->Run("ROLLBACK TO one"); !undone.ok()) return undone;
  }
  Status released = writer_->Run("RELEASE one");
  return made.ok() ? std::move(released) : std::move(made);
}

Status CommitGroup::Make(const Change& change) {
  try {
    return change(*writer_);
  } catch (const std::exception& bug) {  // in the thread of another call, perhaps
    return MakeError(ErrorCode::kInternal, std::string("the buffer failed: ") + bug.what());
  }
}

Status CommitGroup::Finish(bool changed) {
  Status status = Ok();
  if (!writer_->InTransaction()) {
    status = MakeError(ErrorCode::kIoError, "another write of the same moment failed and undid this one", "call again");
  } else if (changed) {
    status = intact_();
    if (status.ok()) status = writer_->Run("COMMIT");
    if (status.ok()) status = intact_();
  }
  if (writer_->InTransaction()) (void)writer_->Run("ROLLBACK");
  return status;
}

}  // namespace chimera::ingest::sqlite
