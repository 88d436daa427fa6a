#include "clickhouse/progress_watcher.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "clickhouse/http_options.h"
#include "clickhouse/target.h"
#include "sql/lexer.h"

namespace chimera::clickhouse {
namespace {

using Clock = Deadline::Clock;

constexpr std::chrono::seconds kPatience{2};

// Statements that are due so soon after another share its look.
constexpr std::chrono::milliseconds kTogether{100};

// A line has some hundred bytes.
constexpr size_t kMaxAnswerBytes = 1 << 20;

constexpr size_t kMaxLogged = 300;

struct WholeText : Receiver {
  void OnHead(const ReplyHead& head) override { status = head.status; }
  bool OnBody(std::string_view bytes) override {
    text += bytes;
    return text.size() <= kMaxAnswerBytes;
  }
  int status = 0;
  std::string text;
};

struct Seen {
  std::string query_id;
  uint64_t rows = 0, bytes = 0, total = 0;
};

std::vector<Seen> ReadAnswer(const std::string& text) {
  std::vector<Seen> all;
  std::istringstream lines(text);
  for (Seen seen; lines >> seen.query_id >> seen.rows >> seen.bytes >> seen.total;) all.push_back(seen);
  return all;
}

std::string Question(const std::string& query_id_sql, std::vector<std::string> ids) {
  for (auto& id : ids) id = sql::QuoteString(id);
  return "SELECT " + query_id_sql + ", read_rows, read_bytes, total_rows_approx FROM system.processes WHERE " +
         query_id_sql + " IN (" + Join(ids, ", ") + ") FORMAT TSV";
}

/// Three digits and the unit: "999", "1.23k", "12.4M".
std::string Short(uint64_t number, const std::array<const char*, 6>& units) {
  auto value = static_cast<double>(number);
  size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < units.size(); ++unit) value /= 1000;
  const int digits = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  char text[32];
  std::snprintf(text, sizeof(text), "%.*f%s", digits, value, units[unit]);
  return text;
}

}  // namespace

struct ProgressWatcher::Statement {
  Statement(std::string id, Tell teller) : query_id(std::move(id)), tell(std::move(teller)) {}

  void Show(const Seen& seen) {
    const std::lock_guard lock(mutex);
    if (over || seen.rows <= rows) return;
    rows = seen.rows;
    Progress progress;
    progress.done = static_cast<double>(seen.rows);
    if (seen.total >= seen.rows) progress.total = static_cast<double>(seen.total);
    progress.message = ProgressText(seen.rows, seen.bytes);
    tell(progress);
  }

  const std::string query_id;
  const Tell tell;
  Clock::time_point due;  ///< guarded by the watcher's mutex
  std::mutex mutex;       ///< guards what follows, and is held while telling
  bool over = false;
  uint64_t rows = 0;  ///< the last that was told
};

ProgressWatcher::Watch::Watch(ProgressWatcher& watcher, std::shared_ptr<Statement> statement)
    : watcher_(&watcher), statement_(std::move(statement)) {}

ProgressWatcher::Watch::~Watch() {
  if (!statement_) return;
  {
    const std::lock_guard lock(statement_->mutex);
    statement_->over = true;
  }
  watcher_->End(statement_);
}

ProgressWatcher::ProgressWatcher(Options options) : options_(std::move(options)) {}

ProgressWatcher::~ProgressWatcher() = default;

ProgressWatcher::Watch ProgressWatcher::Begin(std::string query_id, Tell tell) {
  auto statement = std::make_shared<Statement>(std::move(query_id), std::move(tell));
  {
    const std::lock_guard lock(mutex_);
    statement->due = Clock::now() + options_.first_look;
    statements_.push_back(statement);
    begun_ = true;
    if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  }
  changed_.notify_one();
  return {*this, std::move(statement)};
}

void ProgressWatcher::End(const std::shared_ptr<Statement>& statement) {
  const std::lock_guard lock(mutex_);
  std::erase(statements_, statement);
}

void ProgressWatcher::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    begun_ = false;
    const Batch batch = TakeDue();
    if (batch.empty()) {
      Wait(lock, stop);
      continue;
    }
    lock.unlock();
    const bool seen = Look(batch, stop);
    lock.lock();
    for (const auto& statement : batch) {
      statement->due = Clock::now() + options_.pause;
      if (!seen) std::erase(statements_, statement);
    }
  }
}

/// Until something is due or new; without any, until the connection has been idle for long enough.
void ProgressWatcher::Wait(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  const auto begun = [this] { return begun_; };
  if (statements_.empty()) {
    if (!connection_) {
      changed_.wait(lock, stop, begun);
    } else if (!changed_.wait_for(lock, stop, options_.idle_lifetime, begun)) {
      connection_.reset();
    }
    return;
  }
  const auto first = std::min_element(statements_.begin(), statements_.end(),
                                      [](const auto& a, const auto& b) { return a->due < b->due; });
  const auto due = (*first)->due;  // it may be gone when the wait ends
  changed_.wait_until(lock, stop, due, begun);
}

ProgressWatcher::Batch ProgressWatcher::TakeDue() {
  const auto now = Clock::now();
  const auto due_by = [](Clock::time_point moment) {
    return [moment](const auto& statement) { return statement->due <= moment; };
  };
  Batch batch;
  if (std::none_of(statements_.begin(), statements_.end(), due_by(now))) return batch;
  std::copy_if(statements_.begin(), statements_.end(), std::back_inserter(batch), due_by(now + kTogether));
  return batch;
}

bool ProgressWatcher::Look(const Batch& batch, const std::stop_token& stop) {
  std::string answer;
  // The server may close a connection that was kept at any moment.
  const bool kept = connection_ && !connection_->IsStale();
  if (!(kept && Ask(batch, stop, answer)) && !Ask(batch, stop, answer)) return false;
  for (const Seen& seen : ReadAnswer(answer)) {
    const auto found = std::find_if(batch.begin(), batch.end(),
                                    [&](const auto& statement) { return statement->query_id == seen.query_id; });
    if (found != batch.end()) (*found)->Show(seen);
  }
  return true;
}

bool ProgressWatcher::Ask(const Batch& batch, const std::stop_token& stop, std::string& answer) {
  if (!connection_ || connection_->IsStale()) connection_ = std::make_unique<Connection>(options_.endpoint);
  RequestContext context;
  context.deadline = Deadline::After(kPatience);
  context.stop = stop;
  std::vector<std::string> ids;
  for (const auto& watched : batch) ids.push_back(watched->query_id);
  const std::string statement = Question(options_.query_id_sql, std::move(ids));
  WholeText reply;
  const auto exchange = connection_->Send({Target().Text(), options_.headers, statement}, context, reply);
  const bool complete = exchange.outcome == Outcome::kComplete;
  if (!complete) connection_.reset();
  answer = std::move(reply.text);
  if (complete && reply.status == 200) return true;
  log::Debug("no progress of query " + batch.front()->query_id + " on " + options_.endpoint.Name() + ": " +
             (complete ? WithoutSecrets(answer, options_.headers).substr(0, kMaxLogged) : exchange.detail));
  return false;
}

std::string ProgressText(uint64_t rows, uint64_t bytes) {
  return Short(rows, {"", "k", "M", "G", "T", "P"}) + " rows, " +
         Short(bytes, {" B", " kB", " MB", " GB", " TB", " PB"}) + " read";
}

}  // namespace chimera::clickhouse
