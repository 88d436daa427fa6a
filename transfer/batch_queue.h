// Hands batches from the one thread that cuts them to those that store them, and lets a batch be stored only when all
// before it were found good: what follows a refused record must not be there when the file is mended and sent again.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "transfer/record_cutter.h"

namespace chimera::transfer {

struct QueuedBatch {
  RecordBatch batch;
  std::string id;
  std::string head;
  bool in_doubt = false;  ///< an earlier run may have sent it
  uint64_t turn = 0;      ///< from 0, without gaps
};

class BatchQueue {
 public:
  explicit BatchQueue(size_t room) : room_(room) {}

  /// Waits for room; false: the import has failed, nothing more is taken.
  bool Push(QueuedBatch batch);
  /// No more will come; with `drop`, nor are those that wait handed out.
  void Close(bool drop);
  /// Waits for the next batch; nothing at the end.
  std::optional<QueuedBatch> Pop();

  /// Waits until all batches before `turn` had theirs, then asks `check`; its error fails the import. True: go on.
  bool PassInTurn(uint64_t turn, const std::function<Status()>& check);
  /// The first failure stays.
  void Fail(Error error);
  bool Failed() const;
  Status Outcome() const;

 private:
  const size_t room_;
  mutable std::mutex mutex_;  ///< guards all below
  std::condition_variable changed_;
  std::deque<QueuedBatch> waiting_;
  bool closed_ = false;
  uint64_t pushed_ = 0;
  uint64_t turn_ = 0;
  std::optional<Error> failure_;
};

}  // namespace chimera::transfer
