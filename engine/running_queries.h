// The queries that run now, by the callers' query_id: refuses a second one with the same id, kills those that were told
// to stop, and those that only read and whose client left. Thread-safe.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"

namespace chimera::engine {

/// One query on its way.
struct RunningQuery {
  std::string query_id;
  std::string user;                   ///< whose it is
  std::string text;                   ///< for KILL's answer
  bool ends_with_client = false;      ///< killed when its client leaves
  std::function<bool()> client_left;  ///< asked from another thread; must not block
};

class RunningQueries {
 public:
  /// `kill` ends the engine's query of that id without waiting for its end; it is called again until the query is gone.
  explicit RunningQueries(std::function<void(const std::string& query_id)> kill);
  ~RunningQueries();

  /// Its query is listed for as long as it lives.
  class Ticket {
   public:
    Ticket(RunningQueries& owner, uint64_t number) : owner_(&owner), number_(number) {}
    Ticket(Ticket&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)), number_(other.number_) {}
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket() {
      if (owner_) owner_->Leave(number_);
    }

   private:
    RunningQueries* owner_;
    uint64_t number_;
  };

  /// QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING when the id is taken.
  Result<Ticket> Enter(RunningQuery query);
  /// Whose query that is and its text; nothing when none of that id runs.
  struct Known {
    std::string user, text;
  };
  std::optional<Known> Find(const std::string& query_id);
  /// Kills it now, if it runs.
  void Kill(const std::string& query_id);
  /// Kills everything that runs.
  void KillAll();

 private:
  struct Entry {
    RunningQuery query;
    std::chrono::steady_clock::time_point since;
    bool killed = false;
  };

  void Leave(uint64_t number);
  void Watch();
  /// The ids to kill at this moment; the caller holds the mutex.
  std::vector<std::string> Doomed();
  Entry* Named(const std::string& query_id);

  const std::function<void(const std::string&)> kill_;
  std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::map<uint64_t, Entry> entries_;
  uint64_t next_ = 0;
  bool parked_ = false;
  bool stopping_ = false;
  std::thread watcher_;
};

}  // namespace chimera::engine
