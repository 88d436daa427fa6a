#include <cstdio>

#include "app/client_hosts.h"
#include "app/commands.h"
#include "app/connect_hints.h"
#include "base/text.h"

namespace chimera::app {
namespace {

void ListHosts() {
  for (const auto& host : ClientHosts()) {
    std::printf("%-15s %-15s %s\n", std::string(host.name).c_str(), std::string(host.title).c_str(),
                std::string(host.place).c_str());
  }
}

Error UnknownHost(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& host : ClientHosts()) names.emplace_back(host.name);
  const std::string near = DidYouMean(name, names);
  return MakeError(ErrorCode::kInvalidArgument, "there is no client `" + name + "`",
                   (near.empty() ? "" : near + "; ") + "known are " + Join(names, ", "));
}

Status CheckUrl(const std::string& url) {
  const size_t scheme = url.starts_with("http://") ? 7 : url.starts_with("https://") ? 8 : 0;
  if (scheme != 0 && url.find('/', scheme) != std::string::npos) return Ok();
  return MakeError(ErrorCode::kInvalidArgument, "`" + url + "` is not the URL of an endpoint",
                   "write it as http://127.0.0.1:8080/mcp, as `serve --http` prints it");
}

// Everything that is not the file itself; that alone goes to stdout.
std::string AboutFile(const ClientHost& host, const ServerEntry& entry) {
  std::string text = "# " + std::string(host.title) + ": into " + std::string(host.place) +
                     "; where that file is there already, only the entry `chimera`.\n";
  if (host.name == "claude-code") text += "# Or: " + ClaudeCodeCommand(entry) + "\n";
  if (!entry.url.empty()) {
    return text +
           "# How tools are named is the server's choice: start it with CHIMERA_TOOL_NAMES=underscore, because "
           "hosts refuse or change names with dots.\n"
           "# Where it asks who calls: give the entry the header `Authorization: Bearer TOKEN`, with the token from "
           "the "
           "client's environment or its secrets (docs/authorization.md).\n";
  }
  text += "# Tools are listed as query_trend instead of query.trend: hosts refuse or change names with dots.\n";
  for (const auto& name : entry.secrets) {
    text += "# " + name + " is not told: " +
            (host.secrets.empty()
                 ? "write it into a settings file that only you can read, or its file's path into " + name + "_FILE"
                 : std::string(host.secrets)) +
            ".\n";
  }
  return text;
}

}  // namespace

int ShowClientConfig(const config::Config& config, const ClientConfigCommand& command) {
  if (command.name.empty()) {
    ListHosts();
    return kDone;
  }
  const ClientHost* host = FindClientHost(command.name);
  if (host == nullptr) {
    Report(UnknownHost(command.name));
    return kMisused;
  }
  ServerEntry entry = EntryOf(config, ExecutablePath());
  if (command.url) {
    if (Status url = CheckUrl(*command.url); !url.ok()) {
      Report(url.error());
      return kMisused;
    }
    entry.url = *command.url;
  }
  std::fputs(AboutFile(*host, entry).c_str(), stderr);
  std::fputs(host->write(entry).c_str(), stdout);
  return kDone;
}

}  // namespace chimera::app
