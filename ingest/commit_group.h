// Changes of many threads in one transaction, so that they share one wait for the disk. There is no thread of its own:
// the first one who finds the connection free waits a moment for those who were there before, and writes for all who
// wait by then; the next one of the others follows.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "ingest/sqlite.h"

namespace chimera::ingest::sqlite {

class CommitGroup {
 public:
  /// What one call changes, rows alone. Runs within a transaction, perhaps in the thread of another call, and a second
  /// time where another change of the same transaction is undone: the last run counts. An error undoes this change and
  /// no other.
  using Change = std::function<Status(Connection&)>;

  /// `intact` is asked around each commit: its error fails the group.
  CommitGroup(std::unique_ptr<Connection> writer, std::function<Status()> intact);

  /// Ok: it is on the disk. Otherwise nothing of it is, except behind a kIoError of the disk itself, where it may turn
  /// up after a crash of the host. Changes are made in the order of their calls. `bytes`: about how much it writes.
  /// Blocks; the deadline ends the wait, not a commit that has begun. Thread-safe.
  Status Commit(const RequestContext& context, uint64_t bytes, const Change& change);

 private:
  struct Turn {
    Turn(const Change& made, uint64_t size) : change(made), bytes(size) {}
    const Change& change;
    uint64_t bytes;
    bool taken = false;  ///< by the one who leads; it will have an outcome
    bool done = false;
    Status outcome = Ok();
    std::condition_variable_any woken;
  };
  using Group = std::vector<std::shared_ptr<Turn>>;  // a call may return before it is woken

  bool WaitFor(const RequestContext& context, std::unique_lock<std::mutex>& lock, Turn& turn);
  bool IsNext(const Turn& turn) const { return !writing_ && waiting_.front().get() == &turn; }
  void Leave(const Turn& turn);
  std::shared_ptr<Turn> Next() const;
  void Lead(const RequestContext& context, std::unique_lock<std::mutex>& lock);
  Status Begin(const RequestContext& context);
  Group TakeGroup(bool first_only);
  void Write(const RequestContext& context, const Group& group);
  bool MakeTogether(const Group& group);
  Status StartOver(const RequestContext& context);
  Status MakeAlone(const Change& change);
  Status Make(const Change& change);
  Status Finish(bool changed);

  const std::unique_ptr<Connection> writer_;  ///< of whoever set `writing_`
  const std::function<Status()> intact_;
  std::mutex mutex_;  ///< guards what follows
  std::deque<std::shared_ptr<Turn>> waiting_;
  bool writing_ = false;
  size_t expected_ = 1;  ///< calls that were there at the end of the last commit
  std::condition_variable gathered_;
};

}  // namespace chimera::ingest::sqlite
