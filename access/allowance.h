// How much callers may do: calls a minute, calls at once, rows read an hour, each for one principal. Knows neither MCP
// nor the database. Thread-safe; nothing blocks.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/result.h"

namespace chimera::access {

using Clock = std::chrono::steady_clock;

/// So much at once, and so much again in each period, evenly: a token bucket. May be overdrawn by what is only known
/// afterwards, at most by one period's worth, so that nobody waits for longer than a period.
class Bucket {
 public:
  Bucket(uint64_t capacity, std::chrono::seconds period, Clock::time_point now);

  void Take(double amount, Clock::time_point now);
  /// How long until `amount` is there; zero: it is there now. At most the period.
  std::chrono::nanoseconds Until(double amount, Clock::time_point now) const;
  bool IsFull(Clock::time_point now) const { return Level(now) >= capacity_; }

 private:
  double Level(Clock::time_point now) const;

  double capacity_;
  double per_second_;
  double level_;
  Clock::time_point at_;  ///< of level_
};

struct ToolLimit {
  std::string glob;  ///< as in ToolRules
  uint64_t calls_per_minute = 0;
};

/// Zero: no such limit.
struct Limits {
  uint64_t calls_per_minute = 0;      ///< CHIMERA_CALLS_PER_MINUTE
  std::vector<ToolLimit> tools = {};  ///< CHIMERA_TOOL_CALLS_PER_MINUTE: of each tool that it fits; the first counts
  size_t calls_at_once = 0;           ///< CHIMERA_CALLS_AT_ONCE
  uint64_t rows_per_hour = 0;         ///< CHIMERA_ROWS_PER_HOUR
  size_t principals = 10'000;         ///< remembered; beyond, the longest unseen one is forgotten, and may begin anew

  bool Any() const { return calls_per_minute > 0 || !tools.empty() || calls_at_once > 0 || rows_per_hour > 0; }
};

class Allowance {
 public:
  explicit Allowance(Limits limits, std::function<Clock::time_point()> now = Clock::now);

  /// A call that was let in, until this is destroyed. Must not outlive the allowance; not thread-safe.
  class [[nodiscard]] Pass {
   public:
    Pass(Pass&& other) noexcept : allowance_(std::exchange(other.allowance_, nullptr)), account_(other.account_) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass();

    /// The call has read so many rows.
    void Charge(uint64_t rows);

   private:
    friend class Allowance;
    struct Account;
    Pass(Allowance& allowance, std::shared_ptr<Account> account)
        : allowance_(&allowance), account_(std::move(account)) {}
    Allowance* allowance_;
    std::shared_ptr<Account> account_;
  };

  /// Lets a call of `tool` in, or says which limit is reached and, in `retry_after`, when to come back: kRateLimited,
  /// kQuotaExceeded. A call that is refused costs nothing. `principal` is empty for all who have no name, together.
  Result<Pass> Enter(const std::string& principal, std::string_view tool);

  /// Principals that are remembered.
  size_t Principals() const;

 private:
  using Account = Pass::Account;
  struct Entry {
    std::string principal;
    std::shared_ptr<Account> account;
  };
  using Entries = std::list<Entry>;

  std::shared_ptr<Account> Find(const std::string& principal, Clock::time_point now);
  void Forget();
  const ToolLimit* LimitOf(std::string_view tool) const;
  Bucket* BucketOf(Account& account, std::string_view tool, Clock::time_point now) const;

  const Limits limits_;
  const std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;  ///< guards the rest, and what the accounts hold
  Entries entries_;           ///< the most recently seen first
  std::unordered_map<std::string, Entries::iterator> by_principal_;
};

}  // namespace chimera::access
