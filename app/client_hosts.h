// The hosts of agents whose configurations are known: where each keeps its list of MCP servers, and how it writes one
// down. The one source of what `client-config` and the hints of `serve` print. Pure; reads and writes no files.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/config.h"

namespace chimera::app {

/// How a host starts this server, or where it reaches a running one.
struct ServerEntry {
  std::string command;  ///< absolute path
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<std::string> secrets;  ///< variables that hold passwords: named, never told
  std::string url;                   ///< of a running server; then nothing of the above counts
};

struct ClientHost {
  std::string_view name;   ///< as the command line takes it: "claude-code"
  std::string_view title;  ///< "Claude Code"
  std::string_view place;  ///< the file, in words
  /// How it takes passwords that only the environment holds, in words; empty when it cannot.
  std::string_view secrets;
  std::string (*write)(const ServerEntry&);  ///< the whole file's text, with this server alone in it
};

/// In the order in which they are documented.
std::span<const ClientHost> ClientHosts();

/// nullptr when there is none of that name.
const ClientHost* FindClientHost(std::string_view name);

/// What starts a server with the settings in force: those of the settings file by its path, the others as variables,
/// with paths made absolute, because hosts start servers in other folders. Names are spelled with underscores: Claude
/// Desktop and Copilot CLI refuse a server whose names have dots, VS Code and Codex change the dots themselves.
ServerEntry EntryOf(const config::Config& config, const std::string& executable);

/// `claude mcp add …`, which does what Claude Code's file does, for a shell.
std::string ClaudeCodeCommand(const ServerEntry& entry);

/// `text` such that a shell reads one word.
std::string ShellWord(const std::string& text);

}  // namespace chimera::app
