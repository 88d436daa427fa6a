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

// What was set, and the spelling of names that every host takes.
Json HostEnvironment(const config::Config& config) {
  Json environment = {{"CHIMERA_TOOL_NAMES", "underscore"}};
  for (const auto& spec : config::Settings()) {
    const auto found = config.effective.find(spec.name);
    const bool set = found != config.effective.end() && found->second.source != config::Source::kDefault;
    const bool shown = set && !spec.secret && spec.same_as.empty() && spec.name != "CHIMERA_TOOL_NAMES";
    if (shown) environment[std::string(spec.name)] = found->second.text;
  }
  return environment;
}

std::string ShellWord(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=+.,:/@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// The name comes first: the command takes every word behind --env as a variable, up to the next flag.
std::string CodeLine(const std::string& executable, const Json& environment) {
  std::string line = "claude mcp add chimera";
  for (const auto& [name, value] : environment.items()) {
    line += " --env " + ShellWord(name + "=" + value.get_ref<const std::string&>());
  }
  return line + " -- " + ShellWord(executable) + " serve";
}

std::string DesktopConfiguration(const std::string& executable, const Json& environment) {
  const Json server = {{"command", executable}, {"args", {"serve"}}, {"env", environment}};
  const Json configuration = {{"mcpServers", {{"chimera", server}}}};
  return configuration.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string AboutPasswords(const config::Config& config) {
  if (!config.effective.contains("CH_PASSWORD") && !config.effective.contains("CH_WRITE_PASSWORD")) return {};
  return "\nPasswords are not shown: write CH_PASSWORD=… into ~/.config/chimera-mcp/chimera-mcp.conf (chmod 600), "
         "which "
         "every server of yours reads.\n";
}

}  // namespace

std::string ConnectHints(const std::string& url, const std::string& executable, const config::Config& config) {
  const Json environment = HostEnvironment(config);
  return "\nTry it:\n  " + CurlLine(url) + "\n\nClaude Code:\n  " + CodeLine(executable, environment) +
         "\n  or, to this running server:  claude mcp add --transport http chimera " + url +
         "\n\nClaude Desktop (claude_desktop_config.json):\n" + DesktopConfiguration(executable, environment) + "\n" +
         AboutPasswords(config);
}

std::string ExecutablePath() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "chimera-mcp" : path.string();
}

}  // namespace chimera::app
