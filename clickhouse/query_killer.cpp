#include "clickhouse/query_killer.h"

#include <utility>

#include "base/log.h"
#include "clickhouse/dialer.h"
#include "clickhouse/target.h"
#include "sql/lexer.h"

namespace chimera::clickhouse {
namespace {

constexpr size_t kMostQueued = 64;
constexpr std::chrono::seconds kPatience{2};

struct StatusOnly : Receiver {
  void OnHead(const ReplyHead& head) override { status = head.status; }
  bool OnBody(std::string_view) override { return true; }
  int status = 0;
};

}  // namespace

QueryKiller::QueryKiller(Endpoint endpoint, std::chrono::milliseconds idle_lifetime)
    : endpoint_(std::move(endpoint)), idle_lifetime_(idle_lifetime), thread_([this] { Run(); }) {}

QueryKiller::~QueryKiller() {
  FinishBy(Deadline::After(kPatience));
  thread_.join();
}

void QueryKiller::FinishBy(Deadline moment) {
  {
    std::lock_guard lock(mutex_);
    last_moment_ = last_moment_.Earlier(moment);
  }
  changed_.notify_one();
}

void QueryKiller::Kill(std::string query_id, std::vector<Header> headers) {
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() >= kMostQueued) return;
    queue_.push_back({std::move(query_id), std::move(headers)});
  }
  changed_.notify_one();
}

void QueryKiller::Run() {
  std::unique_lock lock(mutex_);
  auto has_work = [this] { return !queue_.empty() || !last_moment_.IsNever(); };
  while (true) {
    if (!connection_) {
      changed_.wait(lock, has_work);
    } else if (!changed_.wait_for(lock, idle_lifetime_, has_work)) {
      connection_.reset();
      continue;
    }
    if (queue_.empty() || last_moment_.Expired()) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    Deadline deadline = Deadline::After(kPatience).Earlier(last_moment_);
    lock.unlock();
    Send(job, deadline);
    lock.lock();
  }
}

void QueryKiller::Send(const Job& job, Deadline deadline) {
  // The server may close a connection that was kept at any moment; to kill twice does no harm.
  bool kept = connection_ && !connection_->IsStale();
  bool killed = (kept && TrySend(job, deadline)) || TrySend(job, deadline);
  // What has never answered may be no ClickHouse at all; the call says what is wrong there.
  if (!killed && endpoint_.dialer->HasAnswered() && !std::exchange(failing_, true)) {
    log::Warning("query " + job.query_id + " was abandoned and could not be stopped on " + endpoint_.Name() +
                 "; this is not said again until a query can be stopped there");
  }
  if (killed) failing_ = false;
}

bool QueryKiller::TrySend(const Job& job, Deadline deadline) {
  if (!connection_ || connection_->IsStale()) connection_ = std::make_unique<Connection>(endpoint_);
  std::string statement = "KILL QUERY WHERE query_id = " + sql::QuoteString(job.query_id) + " ASYNC";
  RequestContext context;
  context.deadline = deadline;
  StatusOnly reply;
  auto exchange = connection_->Send({Target().Text(), job.headers, statement}, context, reply);
  if (exchange.outcome != Outcome::kComplete) connection_.reset();
  return exchange.outcome == Outcome::kComplete && reply.status == 200;
}

}  // namespace chimera::clickhouse
