#include "app/connect_hints.h"

#include <filesystem>

#include "app/client_hosts.h"
#include "base/json.h"
#include "base/text.h"

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

std::string AboutPasswords(const ServerEntry& entry) {
  if (entry.secrets.empty()) return {};
  return "\nPasswords are not shown: write " + Join(entry.secrets, "=… and ") +
         "=… into ~/.config/chimera-mcp/chimera-mcp.conf (chmod 600), which every server of yours reads.\n";
}

// Every host but the two that are shown in full.
std::string OtherHosts() {
  std::vector<std::string> names;
  for (const auto& host : ClientHosts()) {
    if (host.name != "claude-code" && host.name != "claude-desktop") names.emplace_back(host.name);
  }
  return Join(names, ", ");
}

}  // namespace

std::string ConnectHints(const std::string& url, const std::string& executable, const config::Config& config) {
  const ServerEntry entry = EntryOf(config, executable);
  ServerEntry running;
  running.url = url;
  const std::string desktop = FindClientHost("claude-desktop")->write(entry);
  return "\nTry it:\n  " + CurlLine(url) + "\n\nClaude Code:\n  " + ClaudeCodeCommand(entry) +
         "\n  or, to this running server:  " + ClaudeCodeCommand(running) +
         "\n\nClaude Desktop (claude_desktop_config.json):\n" + desktop + "\nOther clients (" + OtherHosts() +
         "):\n  " + ShellWord(executable) + " client-config NAME\n" + AboutPasswords(entry);
}

std::string ExecutablePath() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "chimera-mcp" : path.string();
}

}  // namespace chimera::app
