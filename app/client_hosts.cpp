#include "app/client_hosts.h"

#include <algorithm>
#include <filesystem>

#include "base/json.h"
#include "base/text.h"

namespace chimera::app {
namespace {

constexpr char kServer[] = "chimera";
constexpr char kToolNames[] = "CHIMERA_TOOL_NAMES";

// A line for every member, as people write these files; lists stay on theirs.
std::string Lines(const Json& json, const std::string& indent = "") {
  if (!json.is_object() || json.empty()) return ToText(json);
  std::string lines;
  for (const auto& [name, value] : json.items()) {
    lines += (lines.empty() ? "{\n" : ",\n") + indent + "  " + ToText(name) + ": " + Lines(value, indent + "  ");
  }
  return lines + "\n" + indent + "}";
}

std::string File(const Json& json) {
  return Lines(json) + "\n";
}

// The host looks up a variable whose name stands between `before` and `after`; without these it cannot.
Json Environment(const ServerEntry& entry, std::string_view before, std::string_view after) {
  Json environment = Json::object();
  for (const auto& [name, value] : entry.environment) environment[name] = value;
  if (before.empty()) return environment;
  for (const auto& name : entry.secrets) environment[name] = std::string(before) + name + std::string(after);
  return environment;
}

Json Started(const ServerEntry& entry, Json environment) {
  return {{"command", entry.command}, {"args", entry.arguments}, {"env", std::move(environment)}};
}

Json WithType(std::string_view type, const Json& server) {
  Json typed = {{"type", type}};
  typed.update(server);
  return typed;
}

Json Reached(const ServerEntry& entry) {
  return {{"url", entry.url}};
}

std::string HostOf(const std::string& url) {
  const size_t start = url.find("://") + 3;
  return url.substr(start, url.find_first_of(":/", start) - start);
}

// Its file takes no URL: https://www.npmjs.com/package/mcp-remote, which reaches only these two names by plain HTTP.
Json Bridged(const ServerEntry& entry) {
  Json arguments = {"-y", "mcp-remote", entry.url};
  const std::string host = HostOf(entry.url);
  const bool trusted = entry.url.starts_with("https://") || host == "127.0.0.1" || host == "localhost";
  if (!trusted) arguments.push_back("--allow-http");
  return {{"command", "npx"}, {"args", std::move(arguments)}};
}

std::string ClaudeDesktop(const ServerEntry& entry) {
  const Json server = entry.url.empty() ? Started(entry, Environment(entry, "", "")) : Bridged(entry);
  return File({{"mcpServers", {{kServer, server}}}});
}

std::string ClaudeCode(const ServerEntry& entry) {
  const Json server = entry.url.empty() ? WithType("stdio", Started(entry, Environment(entry, "${", "}")))
                                        : WithType("http", Reached(entry));
  return File({{"mcpServers", {{kServer, server}}}});
}

std::string Cursor(const ServerEntry& entry) {
  const Json server =
      entry.url.empty() ? WithType("stdio", Started(entry, Environment(entry, "${env:", "}"))) : Reached(entry);
  return File({{"mcpServers", {{kServer, server}}}});
}

std::string VsCode(const ServerEntry& entry) {
  if (!entry.url.empty()) return File({{"servers", {{kServer, WithType("http", Reached(entry))}}}});
  Json inputs = Json::array();
  for (const auto& name : entry.secrets) {
    inputs.push_back({{"type", "promptString"}, {"id", name}, {"description", name}, {"password", true}});
  }
  Json file = Json::object();
  if (!inputs.empty()) file["inputs"] = std::move(inputs);
  file["servers"] = {{kServer, WithType("stdio", Started(entry, Environment(entry, "${input:", "}")))}};
  return File(file);
}

// JSON's strings and arrays of strings are TOML's, too.
std::string Codex(const ServerEntry& entry) {
  const std::string table = std::string("mcp_servers.") + kServer;
  if (!entry.url.empty()) return "[" + table + "]\nurl = " + ToText(entry.url) + "\n";
  std::string text =
      "[" + table + "]\ncommand = " + ToText(entry.command) + "\nargs = " + ToText(entry.arguments) + "\n";
  if (!entry.secrets.empty()) text += "env_vars = " + ToText(entry.secrets) + "\n";
  text += "\n[" + table + ".env]\n";
  for (const auto& [name, value] : entry.environment) text += name + " = " + ToText(value) + "\n";
  return text;
}

std::string CopilotCli(const ServerEntry& entry) {
  Json server = entry.url.empty() ? WithType("stdio", Started(entry, Environment(entry, "${", "}")))
                                  : WithType("http", Reached(entry));
  server["tools"] = {"*"};
  return File({{"mcpServers", {{kServer, std::move(server)}}}});
}

constexpr ClientHost kHosts[] = {
    {"claude-desktop", "Claude Desktop",
     "claude_desktop_config.json (Settings > Developer > Edit Config): ~/Library/Application Support/Claude on macOS, "
     "%APPDATA%\\Claude on Windows, ~/.config/Claude on Linux",
     "", ClaudeDesktop},
    {"claude-code", "Claude Code", ".mcp.json in the project's folder",
     "it is read from the environment that claude is started in", ClaudeCode},
    {"cursor", "Cursor", "~/.cursor/mcp.json, or .cursor/mcp.json in the project's folder",
     "it is read from the environment that Cursor is started in", Cursor},
    {"vscode", "VS Code", ".vscode/mcp.json in the workspace, or the file of `MCP: Open User Configuration`",
     "VS Code asks for it once and keeps it", VsCode},
    {"codex", "Codex", "~/.codex/config.toml, or .codex/config.toml in a trusted project",
     "it is read from the environment that codex is started in", Codex},
    {"copilot-cli", "Copilot CLI", "~/.copilot/mcp-config.json, or .mcp.json in the project's folder",
     "it is read from the environment that copilot is started in", CopilotCli},
};

std::string Absolute(const std::string& path) {
  if (path.empty() || path.starts_with("~/")) return path;
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  return error ? path : absolute.lexically_normal().string();
}

std::string AbsoluteEach(const std::string& paths) {
  std::vector<std::string> parts;
  for (size_t start = 0; start <= paths.size();) {
    const size_t end = std::min(paths.find(':', start), paths.size());
    parts.push_back(Absolute(std::string(Trim(std::string_view(paths).substr(start, end - start)))));
    start = end + 1;
  }
  return Join(parts, ":");
}

std::string Portable(std::string_view name, const std::string& value) {
  if (name.ends_with("_DIRS")) return AbsoluteEach(value);
  return name.ends_with("_FILE") || name.ends_with("_DIR") || name == "CHIMERA_LIBCHDB" ? Absolute(value) : value;
}

}  // namespace

std::span<const ClientHost> ClientHosts() {
  return kHosts;
}

const ClientHost* FindClientHost(std::string_view name) {
  const auto* found = std::ranges::find(kHosts, name, &ClientHost::name);
  return found == std::end(kHosts) ? nullptr : found;
}

ServerEntry EntryOf(const config::Config& config, const std::string& executable) {
  ServerEntry entry{executable, {"serve"}, {{kToolNames, "underscore"}}, {}, {}};
  bool of_file = false;
  for (const auto& spec : config::Settings()) {
    const auto found = config.effective.find(spec.name);
    if (found == config.effective.end() || !spec.same_as.empty() || spec.name == kToolNames) continue;
    const auto source = found->second.source;
    if (source == config::Source::kFile) of_file = true;
    if (source == config::Source::kFile || source == config::Source::kDefault) continue;
    if (spec.secret) {
      entry.secrets.emplace_back(spec.name);
    } else {
      entry.environment.emplace_back(spec.name, Portable(spec.name, found->second.text));
    }
  }
  if (of_file) entry.arguments.insert(entry.arguments.end(), {"--config", Absolute(config.settings_file)});
  return entry;
}

// The name comes first: the command takes every word behind --env as a variable, up to the next flag.
std::string ClaudeCodeCommand(const ServerEntry& entry) {
  std::string line = std::string("claude mcp add ") + kServer;
  if (!entry.url.empty()) return std::string("claude mcp add --transport http ") + kServer + " " + ShellWord(entry.url);
  for (const auto& [name, value] : entry.environment) line += " --env " + ShellWord(name + "=" + value);
  line += " -- " + ShellWord(entry.command);
  for (const auto& argument : entry.arguments) line += " " + ShellWord(argument);
  return line;
}

std::string ShellWord(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=+.,:/@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace chimera::app
