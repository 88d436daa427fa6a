// conformance-server --port N: serves http://127.0.0.1:N/mcp until it is told to end.

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "mcp/http_transport.h"
#include "tests/conformance/fixtures.h"

namespace {

namespace mcp = chimera::mcp;

mcp::ServerOptions Options() {
  mcp::ServerOptions options;
  options.name = "chimera-conformance";
  options.title = "Chimera, with the conformance suite's fixtures";
  options.version = "1.0.0";
  options.lists_change = true;
  options.task_after = std::chrono::milliseconds(300);
  return options;
}

int Port(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--port") return std::atoi(argv[2]);
  std::fputs("usage: conformance-server --port N\n", stderr);
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  sigset_t ending;
  sigemptyset(&ending);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&ending, signal);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  mcp::conformance::FixtureTools tools;
  mcp::conformance::FixtureResources resources;
  mcp::conformance::FixturePrompts prompts;
  mcp::Server server(Options(), {.tools = &tools, .resources = &resources, .prompts = &prompts, .completer = &prompts});
  tools.Announce(server.Changes());
  mcp::HttpServerOptions options;
  options.port = Port(argc, argv);
  auto http = mcp::HttpServer::Create(server, options);
  if (!http.ok()) {
    std::fprintf(stderr, "%s\n", http.error().message.c_str());
    return 1;
  }
  std::fprintf(stderr, "serving MCP at http://127.0.0.1:%d/mcp\n", (*http)->Port());
  std::thread watcher([&] {
    int signal = 0;
    sigwait(&ending, &signal);
    (*http)->Stop();
  });
  (*http)->Run();
  watcher.join();
  return 0;
}
