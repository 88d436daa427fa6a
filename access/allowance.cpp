#include "access/allowance.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "access/tool_rules.h"

namespace chimera::access {
namespace {

constexpr std::chrono::seconds kMinute{60};
constexpr std::chrono::seconds kHour{3600};

std::string Who(const std::string& principal) {
  return principal.empty() ? "the callers of this server together" : "`" + principal + "`";
}

Error Refusal(ErrorCode code, std::string message, const std::string& advice, const std::string& setting,
              std::chrono::nanoseconds wait) {
  const auto seconds = std::max(std::chrono::ceil<std::chrono::seconds>(wait), std::chrono::seconds(1));
  Error error = MakeError(code, std::move(message),
                          "call again in " + std::to_string(seconds.count()) + " s; " + advice +
                              ". The operator sets the limit (" + setting + ").");
  error.retry_after = seconds;
  return error;
}

Error TooFast(const std::string& principal, uint64_t calls, const std::string& of, const char* setting,
              std::chrono::nanoseconds wait) {
  return Refusal(ErrorCode::kRateLimited,
                 Who(principal) + " may make " + std::to_string(calls) + " calls" + of + " a minute, and made them",
                 "ask for more in one call instead of calling often", setting, wait);
}

Error TooManyAtOnce(const std::string& principal, size_t calls) {
  return Refusal(ErrorCode::kRateLimited,
                 Who(principal) + " may have " + std::to_string(calls) + " calls at work at once, and has them",
                 "wait for their answers first", "CHIMERA_CALLS_AT_ONCE", std::chrono::seconds(1));
}

Error TooManyRows(const std::string& principal, uint64_t rows, std::chrono::nanoseconds wait) {
  return Refusal(
      ErrorCode::kQuotaExceeded, Who(principal) + " may read " + std::to_string(rows) + " rows an hour, and read them",
      "then read less: restrict the time range, or columns that the table is sorted by", "CHIMERA_ROWS_PER_HOUR", wait);
}

}  // namespace

Bucket::Bucket(uint64_t capacity, std::chrono::seconds period, Clock::time_point now)
    : capacity_(static_cast<double>(capacity)),
      per_second_(capacity_ / static_cast<double>(period.count())),
      level_(capacity_),
      at_(now) {}

void Bucket::Take(double amount, Clock::time_point now) {
  level_ = std::max(Level(now) - amount, -capacity_);
  at_ = now;
}

std::chrono::nanoseconds Bucket::Until(double amount, Clock::time_point now) const {
  // A hair less: what comes back in pieces does not add up to the last digit.
  const double missing = amount - Level(now) - 1e-9;
  if (missing <= 0) return std::chrono::nanoseconds(0);
  return std::chrono::nanoseconds(static_cast<int64_t>(std::ceil(missing / per_second_ * 1e9)));
}

double Bucket::Level(Clock::time_point now) const {
  const double passed = std::chrono::duration<double>(now - at_).count();
  return std::min(capacity_, level_ + std::max(passed, 0.0) * per_second_);
}

/// What is known of one principal; guarded by the allowance's mutex.
struct Allowance::Pass::Account {
  std::optional<Bucket> calls;
  std::map<std::string, Bucket, std::less<>> tools;  ///< of those that have a limit of their own
  std::optional<Bucket> rows;
  size_t at_work = 0;
};

Allowance::Pass::~Pass() {
  if (allowance_ == nullptr) return;
  const std::lock_guard lock(allowance_->mutex_);
  --account_->at_work;
}

void Allowance::Pass::Charge(uint64_t rows) {
  const std::lock_guard lock(allowance_->mutex_);
  if (account_->rows) account_->rows->Take(static_cast<double>(rows), allowance_->now_());
}

Allowance::Allowance(Limits limits, std::function<Clock::time_point()> now)
    : limits_(std::move(limits)), now_(std::move(now)) {}

Result<Allowance::Pass> Allowance::Enter(const std::string& principal, std::string_view tool) {
  const std::lock_guard lock(mutex_);
  const Clock::time_point now = now_();
  auto account = Find(principal, now);
  Bucket* of_tool = BucketOf(*account, tool, now);
  if (limits_.calls_at_once > 0 && account->at_work >= limits_.calls_at_once) {
    return TooManyAtOnce(principal, limits_.calls_at_once);
  }
  if (const auto wait = of_tool ? of_tool->Until(1, now) : std::chrono::nanoseconds(0); wait.count() > 0) {
    return TooFast(principal, LimitOf(tool)->calls_per_minute, " of " + std::string(tool),
                   "CHIMERA_TOOL_CALLS_PER_MINUTE", wait);
  }
  if (const auto wait = account->calls ? account->calls->Until(1, now) : std::chrono::nanoseconds(0);
      wait.count() > 0) {
    return TooFast(principal, limits_.calls_per_minute, "", "CHIMERA_CALLS_PER_MINUTE", wait);
  }
  if (const auto wait = account->rows ? account->rows->Until(1, now) : std::chrono::nanoseconds(0); wait.count() > 0) {
    return TooManyRows(principal, limits_.rows_per_hour, wait);
  }
  if (of_tool) of_tool->Take(1, now);
  if (account->calls) account->calls->Take(1, now);
  ++account->at_work;
  return Pass(*this, std::move(account));
}

size_t Allowance::Principals() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::shared_ptr<Allowance::Account> Allowance::Find(const std::string& principal, Clock::time_point now) {
  if (const auto found = by_principal_.find(principal); found != by_principal_.end()) {
    entries_.splice(entries_.begin(), entries_, found->second);
    return entries_.front().account;
  }
  auto account = std::make_shared<Account>();
  if (limits_.calls_per_minute > 0) account->calls.emplace(limits_.calls_per_minute, kMinute, now);
  if (limits_.rows_per_hour > 0) account->rows.emplace(limits_.rows_per_hour, kHour, now);
  entries_.push_front({principal, account});
  by_principal_[principal] = entries_.begin();
  if (entries_.size() > limits_.principals) Forget();
  return account;
}

/// The longest unseen principal without a call at work goes. There is one: calls are fewer than principals.
void Allowance::Forget() {
  for (auto entry = std::prev(entries_.end()); entry != entries_.begin(); --entry) {
    if (entry->account->at_work > 0) continue;
    by_principal_.erase(entry->principal);
    entries_.erase(entry);
    return;
  }
}

const ToolLimit* Allowance::LimitOf(std::string_view tool) const {
  const auto found = std::find_if(limits_.tools.begin(), limits_.tools.end(),
                                  [&](const ToolLimit& limit) { return Fits(limit.glob, tool); });
  return found == limits_.tools.end() ? nullptr : &*found;
}

Bucket* Allowance::BucketOf(Account& account, std::string_view tool, Clock::time_point now) const {
  const ToolLimit* limit = LimitOf(tool);
  if (limit == nullptr) return nullptr;
  const auto found = account.tools.find(tool);
  if (found != account.tools.end()) return &found->second;
  return &account.tools.emplace(tool, Bucket(limit->calls_per_minute, kMinute, now)).first->second;
}

}  // namespace chimera::access
