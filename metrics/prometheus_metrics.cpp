#include "metrics/prometheus_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <atomic>
#include <map>
#include <shared_mutex>
#include <utility>

namespace chimera::metrics {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;
using prometheus::Labels;
using prometheus::MetricFamily;
using prometheus::MetricType;

// From a call that only computes to one that takes the default CH_TIMEOUT, and beyond.
const Histogram::BucketBoundaries kSeconds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                              0.5,   1,      2.5,   5,    10,    30,   60};

double Seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

// A counter for each outcome, made when it first happens: looking one up in its family takes a lock and a hash.
class OutcomeCounters {
 public:
  OutcomeCounters(Family<Counter>& family, Labels labels) : family_(family), labels_(std::move(labels)) {
    Find(Outcome());  // from the start: a rate needs its zero
  }

  void Increment(Outcome outcome) { Find(outcome).Increment(); }

 private:
  Counter& Find(Outcome outcome) {
    std::atomic<Counter*>& slot = counters_[Index(outcome)];
    if (Counter* known = slot.load(std::memory_order_acquire)) return *known;
    Labels labels = labels_;
    labels["outcome"] = Label(outcome);
    Counter& made = family_.Add(labels);  // the same one for everybody who asks at once
    slot.store(&made, std::memory_order_release);
    return made;
  }

  Family<Counter>& family_;
  const Labels labels_;
  std::array<std::atomic<Counter*>, kOutcomes> counters_ = {};
};

struct Series {
  Series(Family<Counter>& total, Family<Histogram>& duration, const Labels& labels)
      : outcomes(total, labels), seconds(duration.Add(labels, kSeconds)) {}

  void Count(Outcome outcome, std::chrono::nanoseconds took) {
    outcomes.Increment(outcome);
    seconds.Observe(Seconds(took));
  }

  OutcomeCounters outcomes;
  Histogram& seconds;
};

// Families that are looked at rather than counted.
class Page {
 public:
  explicit Page(std::vector<MetricFamily> counted) : families_(std::move(counted)) {}

  Page& Begin(std::string name, std::string help, MetricType type = MetricType::Gauge) {
    MetricFamily family;
    family.name = std::move(name);
    family.help = std::move(help);
    family.type = type;
    families_.push_back(std::move(family));
    return *this;
  }
  Page& Value(double value, const Labels& labels = {}) {
    prometheus::ClientMetric metric;
    for (const auto& [name, text] : labels) metric.label.push_back({name, text});
    metric.gauge.value = value;
    metric.counter.value = value;
    families_.back().metric.push_back(std::move(metric));
    return *this;
  }
  std::string Text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

void AddDatabase(Page& page, const Figures& figures) {
  const clickhouse::ClientState& state = figures.database;
  page.Begin("chimera_database_connections", "Connections to the database, by what they do")
      .Value(static_cast<double>(state.in_use), {{"state", "in_use"}})
      .Value(static_cast<double>(state.idle), {{"state", "idle"}});
  page.Begin("chimera_database_connections_max", "Connections to the database at most (CH_CONNECTION_POOL_SIZE)")
      .Value(static_cast<double>(figures.pool_size));
  page.Begin("chimera_database_waiting", "Statements that wait for a connection")
      .Value(static_cast<double>(state.waiting));
  if (state.hosts.empty()) return;
  page.Begin("chimera_database_host_up", "1 while statements are sent to this host, 0 after repeated failures");
  for (const auto& host : state.hosts) page.Value(host.in_use ? 1 : 0, {{"host", host.name}});
  page.Begin("chimera_database_host_failures", "Failures of this host in a row");
  for (const auto& host : state.hosts) page.Value(static_cast<double>(host.failures), {{"host", host.name}});
}

void AddBuffer(Page& page, const std::vector<BufferedTable>& tables) {
  if (tables.empty()) return;
  const auto add = [&](const char* name, const char* help, auto figure) {
    page.Begin(name, help);
    for (const auto& table : tables) page.Value(static_cast<double>(figure(table)), {{"table", table.table}});
  };
  add("timestore_replica_age_ms", "How long the oldest buffered row has waited for its table",
      [](const BufferedTable& table) { return table.age_ms; });
  add("timestore_hot_tail_rows", "Rows that wait in the buffer", [](const BufferedTable& table) { return table.rows; });
  add("timestore_pending_bytes", "Their bytes", [](const BufferedTable& table) { return table.bytes; });
  add("timestore_dead_letters", "Buffered rows that could not be stored",
      [](const BufferedTable& table) { return table.dead; });
}

void AddProcess(Page& page, const ProcessFigures& process) {
  page.Begin("process_start_time_seconds", "When the process started, in seconds since 1970")
      .Value(process.start_time_seconds);
  page.Begin("process_cpu_seconds_total", "Processor time used", MetricType::Counter).Value(process.cpu_seconds);
  page.Begin("process_resident_memory_bytes", "Resident memory").Value(static_cast<double>(process.resident_bytes));
  page.Begin("process_open_fds", "Open file descriptors").Value(static_cast<double>(process.open_fds));
  page.Begin("process_max_fds", "File descriptors at most").Value(static_cast<double>(process.max_fds));
}

}  // namespace

struct PrometheusMetrics::Impl {
  explicit Impl(std::string given_version) : version(std::move(given_version)) {}
  Series& SeriesOf(std::string_view tool);

  Family<Counter>& NewCounter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  Family<Histogram>& NewHistogram(const char* name, const char* help) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
  }

  const std::string version;
  prometheus::Registry registry;
  Family<Counter>& calls = NewCounter("chimera_tool_calls_total", "Tool calls, by tool and outcome");
  Family<Histogram>& call_seconds = NewHistogram("chimera_tool_call_duration_seconds", "Duration of tool calls");
  Family<Counter>& statements = NewCounter("chimera_database_statements_total", "Statements of tools, by outcome");
  Family<Histogram>& statement_seconds =
      NewHistogram("chimera_database_statement_duration_seconds",
                   "Duration of statements, with waiting for a connection and retries");
  Counter& rows_inserted =
      NewCounter("chimera_database_rows_inserted_total", "Rows that the database acknowledged").Add({});
  Counter& rows_returned = NewCounter("chimera_database_rows_returned_total", "Rows of results").Add({});
  Counter& bytes_returned =
      NewCounter("chimera_database_bytes_returned_total", "Bytes of results, as JSON text").Add({});
  Counter& rows_read = NewCounter("chimera_database_rows_read_total", "Rows read from storage for results").Add({});
  Counter& bytes_read = NewCounter("chimera_database_bytes_read_total", "Bytes read from storage for results").Add({});
  Series flushes =
      Series(NewCounter("timestore_flushes_total", "Batches of buffered writes, by outcome"),
             NewHistogram("timestore_flush_duration_seconds", "Duration of their way into the database"), {});
  Counter& rows_flushed = NewCounter("timestore_rows_flushed_total", "Buffered rows that reached the database").Add({});
  std::shared_mutex mutex;                           ///< of tools; its series stay where they are
  std::map<std::string, Series, std::less<>> tools;  ///< made when first called
  std::array<Series, 3> operations = {Series(statements, statement_seconds, {{"operation", "read"}}),
                                      Series(statements, statement_seconds, {{"operation", "write"}}),
                                      Series(statements, statement_seconds, {{"operation", "execute"}})};
};

Series& PrometheusMetrics::Impl::SeriesOf(std::string_view tool) {
  {
    const std::shared_lock lock(mutex);
    const auto found = tools.find(tool);
    if (found != tools.end()) return found->second;
  }
  const std::unique_lock lock(mutex);
  const std::string name(tool);
  return tools.try_emplace(name, calls, call_seconds, Labels{{"tool", name}}).first->second;
}

PrometheusMetrics::PrometheusMetrics(std::string version) : impl_(std::make_unique<Impl>(std::move(version))) {}

PrometheusMetrics::~PrometheusMetrics() = default;

void PrometheusMetrics::OnToolCall(const ToolCall& call) {
  impl_->SeriesOf(call.tool).Count(call.outcome, call.took);
}

void PrometheusMetrics::OnStatement(const Statement& statement) {
  impl_->operations[static_cast<size_t>(statement.operation)].Count(statement.outcome, statement.took);
  const auto add = [](Counter& counter, uint64_t value) {
    if (value > 0) counter.Increment(static_cast<double>(value));
  };
  add(impl_->rows_inserted, statement.rows_written);
  add(impl_->rows_returned, statement.rows_returned);
  add(impl_->bytes_returned, statement.bytes_returned);
  add(impl_->rows_read, statement.rows_read);
  add(impl_->bytes_read, statement.bytes_read);
}

void PrometheusMetrics::OnFlush(const BufferFlush& flush) {
  impl_->flushes.Count(flush.outcome, flush.took);
  impl_->rows_flushed.Increment(static_cast<double>(flush.rows));
}

std::string PrometheusMetrics::Text(const Figures& figures) const {
  Page page(impl_->registry.Collect());
  page.Begin("chimera_build_info", "1; the label says which version runs").Value(1, {{"version", impl_->version}});
  page.Begin("chimera_tool_calls_in_flight", "Tool calls being worked on")
      .Value(static_cast<double>(figures.calls_in_flight));
  page.Begin("chimera_sessions", "Open MCP sessions").Value(static_cast<double>(figures.sessions));
  AddDatabase(page, figures);
  AddBuffer(page, figures.buffered);
  AddProcess(page, figures.process);
  return page.Text();
}

}  // namespace chimera::metrics
