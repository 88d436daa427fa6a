#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "app/backend.h"
#include "app/commands.h"
#include "app/connect_hints.h"
#include "app/version.h"
#include "base/log.h"
#include "mcp/http_transport.h"
#include "mcp/server.h"
#include "mcp/stdio_transport.h"
#include "schema/migrator.h"

namespace chimera::app {
namespace {

constexpr std::chrono::seconds kDemoTime{120};

// Above the longest timeout a caller may ask of a tool (an hour); tools set their own, shorter deadlines.
constexpr std::chrono::seconds kCallTime{3630};

std::string Instructions(const config::Config& config) {
  return "Queries, inserts and analyses over ClickHouse, database `" + config.clickhouse.database +
         "`. Start with list.tables and describe.table. Prefer the typed tools: get.* answer the usual questions, "
         "query.aggregate, query.trend and query.correlation compute statistics without SQL, query runs one read-only "
         "statement. Rows are written only through insert.*, which can be repeated safely. Times are UTC. Results are "
         "capped: when `truncated` is true, aggregate or filter further instead of asking for more rows.";
}

mcp::ServerOptions ProtocolOptions(const config::Config& config) {
  mcp::ServerOptions options;
  options.title = "Chimera: ClickHouse for agents";
  options.version = kVersion;
  options.instructions = Instructions(config);
  options.call_timeout = kCallTime;
  return options;
}

// A client that never stops sending on an open connection must not keep a server alive that was told to end. Longer
// than HttpServerOptions::drain, so that calls in flight have had their time.
void EndLate(const std::stop_token& stop, const std::stop_token& served) {
  constexpr std::chrono::seconds kPatience{12};
  constexpr std::chrono::milliseconds kStep{100};
  while (!stop.stop_requested() && !served.stop_requested()) std::this_thread::sleep_for(kStep);
  for (const Deadline late = Deadline::After(kPatience); !late.Expired();) {
    if (served.stop_requested()) return;
    std::this_thread::sleep_for(kStep);
  }
  log::Warning("clients still hold connections; ending without them");
  std::_Exit(kDone);
}

int ServeHttp(mcp::Server& server, const config::Config& config, const ServeOptions& options,
              const std::stop_token& stop) {
  auto address = config::ParseHostPort(options.http);
  if (!address.ok()) return Report(address.error());
  mcp::HttpServerOptions http_options;
  http_options.host = address->host;
  http_options.port = address->port;
  auto http = mcp::HttpServer::Create(server, http_options);
  if (!http.ok()) return Report(http.error());
  const std::string host = address->host.find(':') == std::string::npos ? address->host : "[" + address->host + "]";
  const std::string url = "http://" + host + ":" + std::to_string((*http)->Port()) + http_options.path;
  std::fprintf(stderr, "serving MCP at %s\n", url.c_str());
  if (options.hints) std::fputs(ConnectHints(url, ExecutablePath(), config).c_str(), stderr);
  const std::jthread watchdog([stop](const std::stop_token& served) { EndLate(stop, served); });
  std::stop_callback on_stop(stop, [&http] { (*http)->Stop(); });
  if (!stop.stop_requested()) (*http)->Run();
  return kDone;
}

Status FillIfEmpty(Backend& backend, const std::stop_token& stop) {
  for (const auto& dataset : backend.Datasets()) {
    if (dataset.demo_sql.empty()) continue;
    const RequestContext context = RequestContext::For("demo", kDemoTime, stop);
    Status loaded = schema::LoadDemo(context, backend.Client(), dataset);
    if (!loaded.ok() && loaded.error().code != ErrorCode::kConflict) return loaded;
    std::fprintf(stderr, "%s: sample data %s\n", dataset.name.c_str(),
                 loaded.ok() ? "loaded" : "not needed, the tables hold rows");
  }
  return Ok();
}

}  // namespace

int Serve(const config::Config& config, const ServeOptions& options, std::stop_token stop) {
  auto backend = Backend::Create(config, true);
  if (!backend.ok()) return Report(backend.error());
  if (options.demo) {
    std::fputs("starting the embedded ClickHouse …\n", stderr);
    if (Status filled = FillIfEmpty(**backend, stop); !filled.ok()) return Report(filled.error());
  }
  (*backend)->WarmUp();
  mcp::Server server(ProtocolOptions(config), (*backend)->Tools());
  if (!options.http.empty()) return ServeHttp(server, config, options, stop);
  return mcp::ServeStdio(server, {}, stop) ? kDone : kFailed;
}

}  // namespace chimera::app
