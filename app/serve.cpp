#include <chrono>
#include <cstdio>

#include "app/authorization.h"
#include "app/backend.h"
#include "app/buffer.h"
#include "app/commands.h"
#include "app/connect_hints.h"
#include "app/guard.h"
#include "app/introduction.h"
#include "app/reader_check.h"
#include "app/readiness.h"
#include "app/telemetry.h"
#include "app/version.h"
#include "base/log.h"
#include "guide/schema_watch.h"
#include "http/file_limit.h"
#include "mcp/http_transport.h"
#include "mcp/server.h"
#include "mcp/stdio_transport.h"
#include "schema/migrator.h"

namespace chimera::app {
namespace {

constexpr std::chrono::seconds kDemoTime{120};
constexpr std::chrono::seconds kCheckTime{30};
// Together with what calls in flight are given, less than supervisors grant.
constexpr std::chrono::seconds kLastFlush{1};

// Above the longest timeout a caller may ask of a tool (an hour); tools set their own, shorter deadlines.
constexpr std::chrono::seconds kCallTime{3630};

mcp::ServerOptions ProtocolOptions(Backend& backend, const config::Config& config) {
  mcp::ServerOptions options;
  options.title = "Chimera: ClickHouse for agents";
  options.version = kVersion;
  options.instructions = Instructions(backend);
  options.icons = {ServerIcon()};
  options.call_timeout = kCallTime;
  options.tools_speak = false;
  options.state_key = config.state_key;
  return options;
}

// What an operator wants to see first in the log.
std::string StartLine(const config::Config& config) {
  return std::string("chimera-mcp ") + kVersion + "; database " + config.clickhouse.database + " on " +
         DescribeDatabase(config) + "; at most " + std::to_string(config.clickhouse.pool_size) + " connections";
}

// A call that does not heed its cancellation must not keep a server alive whose client has left or that was told to
// end. Longer than what calls in flight are given (StdioOptions::drain and farewell), and less than the 5 s that hosts
// and supervisors often grant.
void EndLate(const std::stop_token& stop, const std::stop_token& served) {
  constexpr std::chrono::milliseconds kPatience{4500};
  constexpr std::chrono::milliseconds kStep{100};
  while (!stop.stop_requested() && !served.stop_requested()) std::this_thread::sleep_for(kStep);
  for (const Deadline late = Deadline::After(kPatience); !late.Expired();) {
    if (served.stop_requested()) return;
    std::this_thread::sleep_for(kStep);
  }
  log::Warning("a call does not end; ending without it");
  std::_Exit(kDone);
}

std::vector<mcp::HttpPageRoute> Pages(Readiness& readiness, const Telemetry& telemetry, Buffer* buffer,
                                      const std::unique_ptr<mcp::HttpServer>& http) {
  return {{.path = "/healthz", .make = [] { return mcp::HttpPage{.body = "ok\n"}; }, .any_host = true},
          {.path = "/readyz", .make = [&readiness] { return readiness.Page(); }, .access = mcp::PageAccess::kStatus},
          {.path = "/metrics",
           .make =
               [&telemetry, &http, buffer] {
                 return mcp::HttpPage{200, metrics::PrometheusMetrics::kContentType,
                                      telemetry.Page(http->Sessions(), buffer)};
               },
           .access = mcp::PageAccess::kAdmin}};
}

std::string Url(bool tls, const std::string& host, int port, const std::string& path) {
  return std::string(tls ? "https://" : "http://") + (host.find(':') == std::string::npos ? host : "[" + host + "]") +
         ":" + std::to_string(port) + path;
}

http::Admits Admits(const auth::AddressRanges& clients) {
  if (clients.Empty()) return {};
  return [&clients](const std::string& ip) {
    const bool admitted = clients.Contain(ip);
    if (!admitted) log::Info("refused a connection from " + ip + ", which CHIMERA_ALLOWED_CLIENTS does not name");
    return admitted;
  };
}

int ServeHttp(mcp::Server& server, const config::Config& config, const ServeOptions& options, Backend& backend,
              const Telemetry& telemetry, const std::stop_token& stop) {
  auto address = config::ParseHostPort(options.http);
  if (!address.ok()) return Report(address.error());
  if (Status reach = CheckReach(config, address->host); !options.insecure && !reach.ok()) return Report(reach.error());
  auto authorizer = CreateAuthorizer(config.authorization, stop);
  if (!authorizer.ok()) return Report(authorizer.error());
  std::unique_ptr<mcp::HttpServer> http;
  Readiness readiness(backend.Client(), backend.Datasets(), stop);
  mcp::HttpServerOptions http_options;
  http_options.host = address->host;
  http_options.port = address->port;
  http_options.allowed_hosts = config.allowed_hosts;
  if (const auto url = config::ParseUrl(config.authorization.public_url); url.ok()) {
    http_options.allowed_hosts.push_back(url->host);
  }
  http_options.tls = config.tls;
  http_options.authorization = {authorizer->get(), config.authorization.public_url, config.authorization.issuer};
  http_options.admits = Admits(config.authorization.clients);
  http_options.pages = Pages(readiness, telemetry, backend.Buffer(), http);
  http::RaiseFileLimit();
  auto created = mcp::HttpServer::Create(server, http_options);
  if (!created.ok()) return Report(created.error());
  http = std::move(*created);
  const std::string url = Url(!config.tls.certificate.empty(), address->host, http->Port(), http_options.path);
  std::fprintf(stderr, "serving MCP at %s\n", url.c_str());
  if (options.hints) std::fputs(ConnectHints(url, ExecutablePath(), config).c_str(), stderr);
  std::stop_callback on_stop(stop, [&http] { http->Stop(); });
  if (!stop.stop_requested()) http->Run();
  return kDone;
}

int ServeStdio(mcp::Server& server, const std::stop_token& stop) {
  std::stop_source ending;
  const std::jthread watchdog(
      [ending = ending.get_token()](const std::stop_token& served) { EndLate(ending, served); });
  return mcp::ServeStdio(server, {.on_ending = [&] { ending.request_stop(); }}, stop) ? kDone : kFailed;
}

Status FillIfEmpty(Backend& backend, const std::stop_token& stop) {
  for (const auto& dataset : backend.Datasets()) {
    if (dataset.demo_sql.empty()) continue;
    const RequestContext context = RequestContext::For("demo", kDemoTime, stop);
    Status loaded = schema::LoadDemo(context, backend.Client(), dataset);
    if (!loaded.ok() && loaded.error().code == ErrorCode::kBusy) {
      log::Warning(loaded.error().message + "; " + loaded.error().hint);
      continue;
    }
    if (!loaded.ok() && loaded.error().code != ErrorCode::kConflict) return loaded;
    std::fprintf(stderr, "%s: sample data %s\n", dataset.name.c_str(),
                 loaded.ok() ? "loaded" : "not needed, the tables hold rows");
  }
  return Ok();
}

/// Asks what the account that reads may do: a warning, or with `strict` the refusal to serve. The embedded engine has
/// no such account. Without `strict` it is asked beside the serving (Backend::WarmUp), which must not wait for a
/// database.
Status CheckReader(const config::Config& config, Backend& backend, const std::stop_token& stop) {
  if (config.embedded || !config.strict) return Ok();
  const auto beyond = BeyondReading(RequestContext::For("account check", kCheckTime, stop), backend.Client());
  if (!beyond.ok()) return beyond.error();
  if (beyond->empty()) return Ok();
  return MakeError(ErrorCode::kAccessDenied,
                   "CHIMERA_STRICT is on, and account `" + config.clickhouse.account.username +
                       "`, which reads, may do more than that: " + *beyond,
                   kReaderAdvice);
}

}  // namespace

int Serve(const config::Config& config, const ServeOptions& options, std::stop_token stop) {
  if (Status alone = CheckNoMirror(config, "serve --demo"); options.demo && !alone.ok()) return Report(alone.error());
  std::unique_ptr<Backend> backend;
  std::unique_ptr<Telemetry> telemetry;  // below what it looks at: it goes first
  const auto observe = [&](clickhouse::Client& client) {
    telemetry = std::make_unique<Telemetry>(config, !options.http.empty(), client);
    return telemetry->Observers();
  };
  auto created = Backend::Create(config, {.migrate = true, .buffer = true, .observe = observe});
  if (!created.ok()) return Report(created.error());
  backend = std::move(*created);
  log::Info(StartLine(config));
  if (options.demo) {
    std::fputs("starting the embedded ClickHouse …\n", stderr);
    if (Status filled = FillIfEmpty(*backend, stop); !filled.ok()) return Report(filled.error());
  }
  if (Status safe = CheckReader(config, *backend, stop); !safe.ok()) return Report(safe.error());
  backend->WarmUp();
  auto guard = Guard::Create(config, backend->Catalog(), telemetry.get(), true, "stdio");
  if (!guard.ok()) return Report(guard.error());
  guide::Guide guide = GuideTo(*backend, config);
  mcp::Server server(ProtocolOptions(*backend, config), guide.AddTo({.tools = &(*guard)->Tools()}));
  const guide::SchemaWatch watch(server.Changes(), backend->Client(), backend->Datasets());
  const int code =
      options.http.empty() ? ServeStdio(server, stop) : ServeHttp(server, config, options, *backend, *telemetry, stop);
  if (backend->Buffer() != nullptr) backend->Buffer()->Drain(kLastFlush);
  log::Info(stop.stop_requested() ? "ends: told to stop"
            : code == kDone       ? "ends: the client has left"
                                  : "ends: failed");
  return code;
}

}  // namespace chimera::app
