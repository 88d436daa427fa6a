#include "app/connect_hints.h"

#include <filesystem>

#include "base/json.h"

namespace chimera::app {
namespace {

std::string CurlLine(const std::string& url) {
  const Json meta = {{"io.modelcontextprotocol/protocolVersion", "2026-07-28"},
                     {"io.modelcontextprotocol/clientCapabilities", Json::object()}};
  const Json arguments = {{"sql", "SELECT model, avg(latency_p95_ms) AS p95_ms FROM bench_runs GROUP BY model"}};
  const Json request = {{"jsonrpc", "2.0"},
                        {"id", 1},
                        {"method", "tools/call"},
                        {"params", {{"name", "query"}, {"arguments", arguments}, {"_meta", meta}}}};
  return "curl -s " + url +
         " \\\n    -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \\\n"
         "    -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: query' \\\n    -d '" +
         ToText(request) + "'";
}

std::string DesktopConfiguration(const std::string& executable) {
  const Json server = {{"command", executable}, {"args", {"serve"}}, {"env", {{"CHIMERA_TOOL_NAMES", "underscore"}}}};
  const Json configuration = {{"mcpServers", {{"chimera", server}}}};
  return configuration.dump(2);
}

}  // namespace

std::string ConnectHints(const std::string& url, const std::string& executable) {
  return "\nTry it:\n  " + CurlLine(url) +
         "\n\nClaude Code:\n  claude mcp add --env CHIMERA_TOOL_NAMES=underscore chimera -- " + executable +
         " serve\n  or, to this running server:  claude mcp add --transport http chimera " + url +
         "\n\nClaude Desktop (claude_desktop_config.json):\n" + DesktopConfiguration(executable) + "\n";
}

std::string ExecutablePath() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "chimera-mcp" : path.string();
}

}  // namespace chimera::app
