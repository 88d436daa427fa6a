#include "clickhouse/query_killer.h"

#include <utility>

#include "base/log.h"
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

QueryKiller::QueryKiller(Endpoint endpoint, std::vector<Header> headers, Alarm& alarm)
    : endpoint_(std::move(endpoint)), headers_(std::move(headers)), alarm_(alarm), thread_([this] { Run(); }) {}

QueryKiller::~QueryKiller() {
  {
    std::lock_guard lock(mutex_);
    last_moment_ = Deadline::After(kPatience);
  }
  changed_.notify_one();
  thread_.join();
}

void QueryKiller::Kill(std::string query_id) {
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() >= kMostQueued) return;
    queue_.push_back(std::move(query_id));
  }
  changed_.notify_one();
}

void QueryKiller::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !queue_.empty() || !last_moment_.IsNever(); });
    if (queue_.empty() || last_moment_.Expired()) return;
    std::string query_id = std::move(queue_.front());
    queue_.pop_front();
    Deadline deadline = Deadline::After(kPatience).Earlier(last_moment_);
    lock.unlock();
    Send(query_id, deadline);
    lock.lock();
  }
}

void QueryKiller::Send(const std::string& query_id, Deadline deadline) {
  std::string statement = "KILL QUERY WHERE query_id = " + sql::QuoteString(query_id) + " ASYNC";
  Connection connection(endpoint_, alarm_);
  RequestContext context;
  context.deadline = deadline;
  StatusOnly reply;
  auto exchange = connection.Send({Target().Text(), headers_, statement}, context, reply);
  if (exchange.outcome == Outcome::kComplete && reply.status == 200) return;
  log::Warning("query " + query_id + " was abandoned and could not be stopped on " + endpoint_.Name());
}

}  // namespace chimera::clickhouse
