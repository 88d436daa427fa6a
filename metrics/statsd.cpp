#include "metrics/statsd.h"

#include <utility>

#include "base/log.h"

namespace chimera::metrics {
namespace {

constexpr std::chrono::seconds kConnectPause{1};

double Milliseconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

std::string StatsdOptions::Address() const {
  return socket.empty() ? "udp://" + host + ":" + std::to_string(port) : "unix://" + socket;
}

Statsd::Statsd(StatsdOptions options, State state)
    : options_(std::move(options)),
      state_(std::move(state)),
      thread_([this](const std::stop_token& stop) { Work(stop); }) {}

Statsd::~Statsd() {
  thread_.request_stop();
}

void Statsd::OnStatement(const Statement& statement) {
  if (statement.operation == Operation::kRead) {
    Tags tags = {Tag("outcome", Label(statement.outcome))};
    Add({Line("muse.clickhouse.query_duration", Milliseconds(statement.took), "h", std::move(tags))});
  }
  if (statement.operation != Operation::kWrite) return;
  const std::string table = Tag("table", statement.table);
  if (statement.outcome) {
    Add({Line("muse.clickhouse.insert_error", 1, "c", {table, Tag("error", Label(statement.outcome))})});
    return;
  }
  const auto rows = static_cast<double>(statement.rows_written);
  Add({Line("muse.clickhouse.insert_success", 1, "c", {table}),
       Line("muse.clickhouse.rows_inserted", rows, "c", {table})});
}

/// To an agent, a batch is an insert like any other.
void Statsd::OnFlush(const BufferFlush& flush) {
  OnStatement({.operation = Operation::kWrite,
               .outcome = flush.outcome,
               .took = flush.took,
               .table = flush.table.substr(flush.table.find('.') + 1),
               .rows_written = flush.rows});
}

std::string Statsd::Line(std::string_view name, double value, std::string_view type, Tags tags) const {
  tags.insert(tags.end(), options_.tags.begin(), options_.tags.end());
  return StatsdLine(name, value, type, tags);
}

void Statsd::Add(const std::vector<std::string>& lines) {
  bool filled = false;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& line : lines) filled = packer_.Add(line) || filled;
    filled_ = filled_ || filled;
  }
  if (filled) wake_.notify_one();
}

void Statsd::AddGauges() {
  const clickhouse::ClientState state = state_();
  const auto line = [this](const char* name, size_t value) {
    return Line("muse.clickhouse.connection_pool", static_cast<double>(value), "g", {Tag("state", name)});
  };
  Add({line("in_use", state.in_use), line("idle", state.idle), line("waiting", state.waiting)});
}

void Statsd::Work(const std::stop_token& stop) {
  Deadline flush = Deadline::After(options_.flush);
  for (bool last = false; !last;) {
    std::vector<std::string> datagrams;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, stop, flush.At(), [this] { return filled_; });
      filled_ = false;
    }
    last = stop.stop_requested();
    if (last || flush.Expired()) {
      AddGauges();
      flush = Deadline::After(options_.flush);
    }
    {
      const std::lock_guard lock(mutex_);
      datagrams = packer_.Take();
    }
    Send(datagrams);
  }
}

void Statsd::Send(const std::vector<std::string>& datagrams) {
  if (!socket_ && !Connect()) return;
  for (const auto& datagram : datagrams) {
    if (socket_->Send(datagram)) continue;
    socket_.reset();
    if (!Connect()) return;
    socket_->Send(datagram);
  }
}

bool Statsd::Connect() {
  if (!connect_again_.Expired()) return false;
  connect_again_ = Deadline::After(kConnectPause);
  socket_ = options_.socket.empty() ? DatagramSocket::ToHost(options_.host, options_.port)
                                    : DatagramSocket::ToPath(options_.socket);
  if (!socket_ && !std::exchange(complained_, true)) {
    log::Warning("cannot send metrics to " + options_.Address() + "; trying again every " +
                 std::to_string(kConnectPause.count()) + " s");
  }
  if (socket_) complained_ = false;
  return socket_.has_value();
}

}  // namespace chimera::metrics
