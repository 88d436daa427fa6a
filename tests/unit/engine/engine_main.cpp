// A stand-in for the program's `engine` command, for the tests of this folder:
//   engine_test_server engine --data DIR (--socket PATH | --listen HOST:PORT) [--idle-exit N] [--library FILE]
#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "engine/engine.h"

namespace {

using chimera::engine::EngineOptions;

EngineOptions ReadOptions(int argc, char** argv) {
  EngineOptions options;
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--data") options.data_dir = value;
    if (name == "--socket") options.socket = value;
    if (name == "--idle-exit") options.idle_exit = std::chrono::seconds(std::stoi(value));
    if (name == "--library") options.library = value;
    if (name == "--listen") {
      options.host = value.substr(0, value.rfind(':'));
      options.port = std::stoi(value.substr(value.rfind(':') + 1));
    }
  }
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  const EngineOptions options = ReadOptions(argc, argv);
  sigset_t endings;
  sigemptyset(&endings);
  sigaddset(&endings, SIGTERM);
  sigaddset(&endings, SIGINT);
  pthread_sigmask(SIG_BLOCK, &endings, nullptr);
  std::stop_source stop;
  std::thread([&] {
    int signal = 0;
    sigwait(&endings, &signal);
    stop.request_stop();
  }).detach();
  const auto ended = chimera::engine::RunEngine(options, stop.get_token(), [&](int port) {
    std::fprintf(stderr, "listening on http://%s:%d\n", options.host.c_str(), port);
  });
  if (ended) std::_Exit(0);
  std::fprintf(stderr, "%s\n%s\n", ended.error().message.c_str(), ended.error().hint.c_str());
  std::_Exit(1);
}
