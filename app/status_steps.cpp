#include "app/status_steps.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "app/reader_check.h"
#include "base/text.h"
#include "engine/data_lock.h"
#include "schema/migrator.h"
#include "schema/own_tables.h"
#include "sql/lexer.h"

namespace chimera::app {
namespace {

constexpr std::chrono::seconds kStepTime{10};
constexpr int kRoundTrips = 20;
constexpr int64_t kCertificateWarning = 14;  // days

std::string TablesSql() {
  return "SELECT name, total_rows, total_bytes, active_parts FROM system.tables WHERE database = {database:String} "
         "AND name NOT IN " +
         std::string(schema::kOwnTablesSql) +
         " AND engine NOT LIKE '%View' AND NOT startsWith(name, '.') ORDER BY name";
}

double MillisecondsSince(Deadline::Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Deadline::Clock::now() - start).count();
}

// 64-bit integers come as text.
std::optional<uint64_t> Whole(const Json& value) {
  if (value.is_number_unsigned()) return value.get<uint64_t>();
  if (!value.is_string()) return std::nullopt;
  return std::strtoull(value.get_ref<const std::string&>().c_str(), nullptr, 10);
}

std::string TlsText(const clickhouse::TlsFacts& tls) {
  const std::string left = tls.days_left < 0 ? std::to_string(-tls.days_left) + " days ago"
                                             : "in " + std::to_string(tls.days_left) + " days";
  return tls.version + ", " + tls.cipher + "; certificate ends " + tls.not_after + " (" + left + ")";
}

Json TlsJson(const clickhouse::TlsFacts& tls) {
  return {{"tls_version", tls.version}, {"cipher", tls.cipher},       {"subject", tls.subject},
          {"issuer", tls.issuer},       {"not_after", tls.not_after}, {"days_left", tls.days_left}};
}

// The databases of a list that are not ClickHouse's own; a few of many.
std::vector<std::string> ForData(const Json& rows) {
  constexpr size_t kShown = 10;
  std::vector<std::string> names;
  for (const Json& row : rows) {
    const auto name = row.at(0).get<std::string>();
    if (name == "system" || ToLower(name) == "information_schema") continue;
    if (names.size() < kShown) names.push_back(name);
  }
  return names;
}

// The steps of a probe in their order; the first without a result is the one that its error belongs to.
std::vector<Step> StepsOf(const clickhouse::ProbeReport& probe, bool secure) {
  std::vector<Step> steps;
  const bool resolved = probe.dns_ms || !probe.addresses.empty();
  if (resolved) {
    steps.push_back({.name = "dns", .text = Join(probe.addresses, ", "), .ms = probe.dns_ms});
    steps.back().facts = {{"addresses", probe.addresses}};
  }
  if (probe.tcp_ms) steps.push_back({.name = "tcp", .text = "connected", .ms = probe.tcp_ms});
  if (probe.tls && probe.tls_ms) {
    const bool ends_soon = probe.tls->days_left < kCertificateWarning;
    steps.push_back({.name = "tls",
                     .state = ends_soon ? StepState::kNote : StepState::kOk,
                     .text = TlsText(*probe.tls),
                     .ms = probe.tls_ms,
                     .facts = TlsJson(*probe.tls)});
  }
  if (probe.ping_ms) steps.push_back({.name = "http", .text = "answers /ping", .ms = probe.ping_ms});
  if (!probe.error) return steps;
  const char* failed = !resolved && !probe.tcp_ms ? "dns"
                       : !probe.tcp_ms            ? "tcp"
                       : secure && !probe.tls_ms  ? "tls"
                                                  : "http";
  steps.push_back({.name = failed, .state = StepState::kBroken, .error = probe.error});
  return steps;
}

}  // namespace

StatusSteps::StatusSteps(const config::Config& config, Backend& backend, std::stop_token stop, StatusReport& report)
    : config_(config), backend_(backend), stop_(std::move(stop)), report_(report) {}

bool StatusSteps::If(bool condition, const char* name, bool (StatusSteps::*step)()) {
  if (condition) return (this->*step)();
  Add({.name = name, .state = StepState::kSkipped, .text = "skipped"});
  return false;
}

RequestContext StatusSteps::Context() const {
  return RequestContext::For("status", kStepTime, stop_);
}

Result<Json> StatusSteps::Rows(const std::string& sql, const std::string& database,
                               std::vector<clickhouse::Parameter> parameters) {
  clickhouse::Query query;
  query.sql = sql;
  query.database = database;
  query.parameters = std::move(parameters);
  query.max_bytes = 1u << 20;
  auto rows = backend_.Client().Read(Context(), query);
  if (!rows.ok()) return rows.error();
  return rows->Parsed();
}

Step& StatusSteps::Add(Step step) {
  report_.steps.push_back(std::move(step));
  return report_.steps.back();
}

bool StatusSteps::Fail(const char* name, const Error& error) {
  Add({.name = name, .state = StepState::kBroken, .error = error});
  return false;
}

bool StatusSteps::Engine() {
  const std::string& folder = config_.engine.data_dir;
  const auto holder = engine::FindLockHolder(folder);
  const auto start = Deadline::Clock::now();
  if (auto answer = Rows("SELECT 1", "system", {}); !answer.ok()) return Fail("engine", answer.error());
  const std::string idle = std::to_string(config_.engine.idle_exit.count());
  Step step{.name = "engine", .ms = MillisecondsSince(start)};
  const auto running = engine::FindLockHolder(folder);
  const std::string walls = running ? running->walls : "";
  step.facts = {{"was_running", holder.has_value()}, {"confined", walls}};
  step.text = holder ? "runs as process " + std::to_string(holder->pid)
                     : "was not running; started, and will leave after " + idle + " idle seconds";
  if (!walls.empty()) step.text += "; " + walls;
  Add(std::move(step));
  return true;
}

bool StatusSteps::Hosts() {
  bool reached = false;
  const size_t hosts = config_.clickhouse.hosts.size();
  report_.hosts = hosts;
  for (size_t i = 0; i < hosts; ++i) reached = Host(i, hosts > 1) || reached;
  if (!reached) return false;
  for (Step& step : report_.steps) {
    if (step.state == StepState::kBroken) step.state = StepState::kDown;
  }
  return true;
}

// "reader (CH_USERNAME, environment)": who is meant, where more than one account may be.
std::string StatusSteps::Account(const clickhouse::Account& account) const {
  if (config_.embedded) return account.username;
  return account.username + " (" +
         (account.username_source.empty() ? "CH_USERNAME is unset" : account.username_source) + ")";
}

bool StatusSteps::Host(size_t index, bool named) {
  const clickhouse::ProbeReport probe = clickhouse::Probe(Context(), config_.clickhouse, index);
  for (Step& step : StepsOf(probe, config_.clickhouse.secure)) {
    step.facts["host"] = probe.name;
    if (named) step.text = probe.name + ": " + step.text;
    Add(std::move(step));
  }
  return !probe.error;
}

bool StatusSteps::LogIn() {
  const auto start = Deadline::Clock::now();
  const auto rows = Rows("SELECT currentUser(), version()", "system", {});
  if (!rows.ok()) return Fail("login", rows.error());
  const auto user = rows->at(0).at(0).get<std::string>();
  const auto version = rows->at(0).at(1).get<std::string>();
  const clickhouse::Account& account = config_.clickhouse.account;
  const bool same = config_.embedded || user == account.username;
  Step& step = Add(
      {.name = "login",
       .text = "as " + Account(account) + (same ? "" : ", whom the server calls " + user) + "; ClickHouse " + version,
       .ms = MillisecondsSince(start)});
  step.facts = {{"user", user}, {"server_version", version}};
  return true;
}

bool StatusSteps::Databases() {
  std::set<std::string> wanted = {config_.clickhouse.database};
  for (const auto& dataset : backend_.Datasets()) wanted.insert(dataset.database);
  const auto rows = Rows("SELECT name FROM system.databases", "system", {});
  if (!rows.ok()) return Fail("database", rows.error());
  std::vector<std::string> missing;
  for (const auto& name : wanted) {
    if (std::find(rows->begin(), rows->end(), Json::array({name})) == rows->end()) missing.push_back(name);
  }
  if (missing.empty()) {
    Add({.name = "database", .text = Join({wanted.begin(), wanted.end()}, ", ") + " is there"});
    return true;
  }
  return Fail("database", MakeError(ErrorCode::kUnknownDatabase,
                                    "not there, or not visible to this account: " + Join(missing, ", "),
                                    AboutMissing(missing, *rows)));
}

// What to do about databases that are not among `rows`.
std::string StatusSteps::AboutMissing(const std::vector<std::string>& missing, const Json& rows) const {
  const auto& datasets = backend_.Datasets();
  std::vector<std::string> advice;
  for (const auto& name : missing) {
    const bool own = std::any_of(datasets.begin(), datasets.end(),
                                 [&name](const auto& dataset) { return dataset.database == name; });
    advice.push_back(own ? "chimera-mcp schema apply makes " + name
                         : "set CH_DATABASE to a database that is there: " + Join(ForData(rows), ", "));
  }
  return Join(advice, "; ");
}

bool StatusSteps::Schemas() {
  for (const auto& dataset : backend_.Datasets()) Schema(dataset);
  return true;
}

void StatusSteps::Schema(const schema::Dataset& dataset) {
  const auto states = schema::MigrationStatus(Context(), backend_.Client(), dataset);
  if (!states.ok()) return void(Fail("schema", states.error()));
  Step step{.name = "schema"};
  Json migrations = Json::array();
  std::vector<std::string> pending;
  for (const auto& state : *states) {
    if (!state.applied) pending.push_back(std::to_string(state.version) + " (" + state.name + ")");
    migrations.push_back({{"version", state.version}, {"name", state.name}, {"applied", state.applied}});
    if (state.applied) migrations.back()["applied_at"] = state.applied_at;
  }
  step.facts = {{"dataset", dataset.name}, {"current", pending.empty()}, {"migrations", migrations}};
  step.text = dataset.name + " is current, at version " + std::to_string(states->size());
  if (!pending.empty()) {
    step.state = StepState::kBroken;
    step.error = MakeError(ErrorCode::kConflict, dataset.name + " lacks migration " + Join(pending, ", "),
                           "run chimera-mcp schema apply");
    step.text.clear();
  }
  Add(std::move(step));
}

bool StatusSteps::Tables() {
  for (const auto& dataset : backend_.Datasets()) {
    if (Status listed = ListTables(dataset); !listed.ok()) return Fail("tables", listed.error());
  }
  for (auto& table : report_.tables) FindNewest(table);
  const std::string count = std::to_string(report_.tables.size());
  Add({.name = "tables",
       .state = report_.tables.empty() ? StepState::kNote : StepState::kOk,
       .text = report_.tables.empty() ? "there are none that this account can see" : count + " tables; see below"});
  return !report_.tables.empty();
}

Status StatusSteps::ListTables(const schema::Dataset& dataset) {
  const auto rows = Rows(TablesSql(), "system", {{"database", dataset.database}});
  if (!rows.ok()) return rows.error();
  for (const Json& row : *rows) {
    report_.tables.push_back({.database = dataset.database,
                              .name = row.at(0).get<std::string>(),
                              .rows = Whole(row.at(1)),
                              .bytes = Whole(row.at(2)),
                              .parts = Whole(row.at(3))});
    for (const auto& insert : dataset.inserts) {
      if (insert.table == report_.tables.back().name) report_.tables.back().time_column = insert.partition_column;
    }
  }
  return Ok();
}

void StatusSteps::FindNewest(TableFacts& table) {
  if (table.time_column.empty()) return;
  const std::string newest = "max(" + sql::QuoteIdentifier(table.time_column) + ")";
  const std::string from = sql::QuoteIdentifier(table.database) + "." + sql::QuoteIdentifier(table.name);
  const auto rows =
      Rows("SELECT " + newest + ", dateDiff('second', " + newest + ", now()), count() FROM " + from, "system", {});
  if (!rows.ok() || Whole(rows->at(0).at(2)).value_or(0) == 0) return;  // unreadable ones are told of by Access
  table.newest = rows->at(0).at(0).get<std::string>();
  table.age_seconds = std::strtoll(rows->at(0).at(1).get<std::string>().c_str(), nullptr, 10);
}

bool StatusSteps::Reader() {
  const auto beyond = BeyondReading(Context(), backend_.Client());
  if (!beyond.ok()) return Fail("reader", beyond.error());
  const std::string account = Account(config_.clickhouse.account);
  Step step{.name = "reader", .text = account + " may only read", .facts = {{"beyond_reading", *beyond}}};
  if (!beyond->empty()) {
    step.text = account + " may do more than read: " + *beyond + "; " + kReaderAdvice;
    step.state = StepState::kNote;
    if (config_.strict) return Fail("reader", MakeError(ErrorCode::kAccessDenied, step.text, "CHIMERA_STRICT is on"));
  }
  Add(std::move(step));
  return true;
}

bool StatusSteps::RoundTrip() {
  std::vector<double> ms;
  for (int i = 0; i < kRoundTrips; ++i) {
    const auto start = Deadline::Clock::now();
    if (const auto one = Rows("SELECT 1", "system", {}); !one.ok()) return Fail("round trip", one.error());
    ms.push_back(MillisecondsSince(start));
  }
  std::sort(ms.begin(), ms.end());
  char text[96];
  std::snprintf(text, sizeof text, "SELECT 1 takes %.1f ms (median of %d; %.1f to %.1f)", ms[ms.size() / 2],
                kRoundTrips, ms.front(), ms.back());
  Step& step = Add({.name = "round trip", .text = text});
  step.facts = {{"samples", kRoundTrips}, {"p50_ms", ms[ms.size() / 2]}, {"min_ms", ms.front()}, {"max_ms", ms.back()}};
  return true;
}

bool StatusSteps::Pool() {
  const clickhouse::ClientState state = backend_.Client().State();
  const size_t size = config_.clickhouse.pool_size;
  Step& step = Add({.name = "pool",
                    .text = "at most " + std::to_string(size) + " connections; this command used " +
                            std::to_string(state.in_use + state.idle)});
  step.facts = {{"size", size}, {"in_use", state.in_use}, {"idle", state.idle}, {"waiting", state.waiting}};
  return true;
}

}  // namespace chimera::app
