#include <cstdio>

#include "app/commands.h"
#include "app/connect_hints.h"

namespace chimera::app {

int RunEngine(const EngineCommand& command, std::stop_token stop) {
  engine::EngineOptions options;
  options.data_dir = command.data;
  options.socket = command.socket;
  options.library = command.library;
  options.tls = command.tls;
  options.users = command.users;
  options.users_file = command.users_file;
  options.confined = !command.unconfined;
  options.idle_exit = std::chrono::seconds(command.idle_exit_seconds);
  if (!command.listen.empty()) {
    auto address = config::ParseHostPort(command.listen);
    if (!address.ok()) return Report(address.error());
    options.host = address->host;
    options.port = address->port;
  }
  const auto on_ready = [&options](int port) {
    if (options.host.empty())
      std::fprintf(stderr, "listening on %s\n", options.socket.c_str());
    else
      std::fprintf(stderr, "listening on %s://%s:%d\n", options.tls.certificate.empty() ? "http" : "https",
                   options.host.c_str(), port);
  };
  const Status ended = engine::RunEngine(options, stop, on_ready);
  return ended.ok() ? kDone : Report(ended.error());
}

int Report(const Error& error) {
  std::fprintf(stderr, "chimera-mcp: %s\n", error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "  %s\n", error.hint.c_str());
  for (const auto& problem : error.problems) {
    std::fprintf(stderr, "  %s %s %s\n", problem.path.c_str(), problem.message.c_str(), problem.hint.c_str());
  }
  return kFailed;
}

}  // namespace chimera::app
