#include "clickhouse/route.h"

#include <algorithm>
#include <utility>

#include "clickhouse/errors.h"
#include "clickhouse/http_options.h"

namespace chimera::clickhouse {
namespace {

using std::chrono::milliseconds;

// New connections to one host at once. A server that just came back has its caches cold and every handshake to do; the
// first connections answer the waiting calls one after the other meanwhile.
constexpr size_t kConnecting = 4;

// While another host works, a call that looks after a lost one gives it this long.
constexpr milliseconds kProbeTime{1000};

constexpr size_t kMaxReasonBytes = 200;

Endpoint EndpointOf(const HttpOptions& options, const HostAddress& address) {
  Endpoint endpoint;
  endpoint.host = address.host;
  endpoint.port = address.port;
  endpoint.unix_socket = options.unix_socket;
  endpoint.secure = options.secure;
  endpoint.tls = options.tls;
  endpoint.path_prefix = options.path_prefix;
  endpoint.connect_timeout = endpoint.lost_after = options.connect_timeout;
  return endpoint;
}

std::vector<Endpoint> EndpointsOf(const HttpOptions& options) {
  if (!options.unix_socket.empty()) return {EndpointOf(options, {})};
  std::vector<Endpoint> endpoints;
  for (const auto& address : options.hosts) endpoints.push_back(EndpointOf(options, address));
  return endpoints;
}

Hosts::Options HostOptions(const HttpOptions& options, const std::vector<Endpoint>& endpoints,
                           std::function<double()> random) {
  Hosts::Options result;
  for (const auto& endpoint : endpoints) result.names.push_back(endpoint.Name());
  // Whoever starts the embedded engine waits for it, too; a socket without it refuses at once.
  if (!options.unix_socket.empty()) result.failures_to_open = 0;
  result.pace = options.pace;
  result.random = std::move(random);
  return result;
}

/// What does not speak HTTP runs no query, and could not be asked to stop one.
bool MayStillRun(const Exchange& exchange, const Verdict& verdict) {
  const bool left = exchange.outcome != Outcome::kComplete && exchange.outcome != Outcome::kFailed;
  const bool broken = verdict.setback == Setback::kBroken && exchange.failure != Failure::kNotHttp;
  return exchange.sent && (left || broken);
}

/// Tells the hosts when the connection of a probe stands.
class ProbeListener : public Receiver {
 public:
  ProbeListener(Receiver& receiver, Hosts& hosts, size_t host) : receiver_(receiver), hosts_(hosts), host_(host) {}
  void OnConnected() override { hosts_.Reached(host_, Deadline::Clock::now()); }
  void OnHead(const ReplyHead& head) override { receiver_.OnHead(head); }
  bool OnBody(std::string_view bytes) override { return receiver_.OnBody(bytes); }

 private:
  Receiver& receiver_;
  Hosts& hosts_;
  const size_t host_;
};

}  // namespace

Route::Route(Routes& routes, ConnectionPool::Lease lease, Hosts::Choice choice)
    : routes_(&routes), lease_(std::move(lease)), choice_(choice), probing_(choice.probe) {}

Route::Route(Route&& other) noexcept
    : routes_(other.routes_),
      lease_(std::move(other.lease_)),
      choice_(other.choice_),
      probing_(std::exchange(other.probing_, false)) {}

Route::~Route() {
  if (probing_) routes_->hosts_.Released(Host());
}

/// Leaves time for another host, when there is one.
milliseconds Route::ConnectTimeout(const RequestContext& context) const {
  milliseconds most = routes_->Where(Host()).connect_timeout;
  if (choice_.alone) return most;
  if (choice_.probe) most = std::min(most, kProbeTime);
  return std::clamp(context.deadline.Remaining() / 2, milliseconds(1), most);
}

Deadline Route::AnswerBy(const RequestContext& context) const {
  return choice_.alone ? context.deadline : Deadline::After(ConnectTimeout(context));
}

void Route::GiveUp(Verdict& verdict) {
  verdict.health = Health::kFailed;
  Report(verdict);
}

Verdict Route::Carry(const RequestContext& context, const Letter& letter, TextReply& reply) {
  const auto start = Deadline::Clock::now();
  const Post post{letter.target, letter.headers, letter.body};
  ProbeListener probe(reply, routes_->hosts_, Host());
  Receiver& receiver = probing_ ? static_cast<Receiver&>(probe) : reply;
  auto watch = Watched(context, letter);
  Exchange exchange = lease_.Send({Host(), ConnectTimeout(context), post}, context, receiver);
  watch.reset();
  Verdict verdict = Judge(letter.kind, routes_->Where(Host()), exchange, reply, Deadline::Clock::now() - start);
  if (verdict.error) {
    verdict.error->query_id = letter.query_id;
    verdict.error->unsent = verdict.error->unsent || !exchange.sent;
  }
  Report(verdict);
  if (MayStillRun(exchange, verdict)) routes_->killers_[Host()]->Kill(letter.query_id, letter.asker);
  return verdict;
}

std::optional<ProgressWatcher::Watch> Route::Watched(const RequestContext& context, const Letter& letter) const {
  if (!context.on_progress || letter.kind != Kind::kRead) return std::nullopt;
  return routes_->watchers_[Host()]->Begin(letter.query_id, context.on_progress);
}

void Route::Report(const Verdict& verdict) {
  if (verdict.health == Health::kWorks) {
    routes_->hosts_.Succeeded(Host());
    probing_ = false;
  } else if (verdict.health == Health::kFailed) {
    routes_->hosts_.Failed(
        Host(), std::exchange(probing_, false), Deadline::Clock::now(),
        {Shorten(verdict.error->message, kMaxReasonBytes), verdict.error->hint, verdict.error->code});
  }
}

Routes::Routes(const HttpOptions& options, std::function<double()> random)
    : endpoints_(EndpointsOf(options)),
      hosts_(HostOptions(options, endpoints_, std::move(random))),
      pool_({.size = options.pool_size,
             .hosts = endpoints_.size(),
             .connecting = std::min(options.pool_size, kConnecting),
             .idle_lifetime = options.idle_lifetime,
             .make = [this](size_t host, milliseconds connect_timeout) {
               Endpoint endpoint = endpoints_[host];
               endpoint.connect_timeout = connect_timeout;
               return std::make_unique<Connection>(endpoint);
             }}) {
  for (const auto& endpoint : endpoints_) {
    killers_.push_back(std::make_unique<QueryKiller>(endpoint, options.idle_lifetime));
    watchers_.push_back(
        std::make_unique<ProgressWatcher>(ProgressWatcher::Options{.endpoint = endpoint,
                                                                   .headers = HeadersOf(options.account),
                                                                   .query_id_sql = options.query_id_sql,
                                                                   .idle_lifetime = options.idle_lifetime}));
  }
}

Routes::~Routes() {
  auto end = Deadline::After(std::chrono::seconds(2));
  for (auto& killer : killers_) killer->FinishBy(end);
}

Result<Route> Routes::Take(const RequestContext& context, const Wish& wish, milliseconds& patience) {
  const auto arrived = Deadline::Clock::now();
  while (true) {
    Hosts::Choice choice;
    {
      auto lease = pool_.Acquire(context);
      if (!lease) return std::move(lease).error();
      choice = hosts_.Choose(Deadline::Clock::now(), context.deadline, wish);
      if (choice.host) return Route(*this, std::move(*lease), choice);
    }
    // Without a place in the pool: who waits for a circuit must not keep a working host's calls waiting.
    if (auto error = WaitForCircuit(context, wish, choice, arrived, patience)) return *std::move(error);
  }
}

std::optional<Error> Routes::WaitForCircuit(const RequestContext& context, const Wish& wish,
                                            const Hosts::Choice& choice, Hosts::TimePoint arrived,
                                            milliseconds& patience) {
  const auto start = Deadline::Clock::now();
  if (patience <= milliseconds(0) && hosts_.IsHopeless(arrived, start, wish)) return hosts_.Unavailable(wish);
  // Beyond its patience a call only stays until an attempt has shown something: nobody is refused for a cool-down.
  constexpr milliseconds kMoment{20};
  hosts_.Wait(context, choice, start + std::max(patience, kMoment));
  patience -= std::chrono::ceil<milliseconds>(Deadline::Clock::now() - start);
  if (context.Cancelled()) return std::nullopt;  // the pool says so
  if (context.deadline.Expired()) return hosts_.Unavailable(wish);
  return std::nullopt;
}

ClientState Routes::State() const {
  auto counts = pool_.Count();
  return {counts.in_use, counts.idle, counts.waiting, hosts_.State()};
}

}  // namespace chimera::clickhouse
