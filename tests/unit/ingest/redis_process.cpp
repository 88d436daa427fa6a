#include "tests/unit/ingest/redis_process.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace chimera::ingest {
namespace {

constexpr const char* kServer = "/usr/bin/redis-server";

void Run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that dies leaves no server behind
  const int nothing = open("/dev/null", O_RDWR);
  for (const int stream : {0, 1, 2}) dup2(nothing, stream);
  execv(kServer, arguments.data());
  _exit(127);
}

}  // namespace

int FreePort() {
  const int probe = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bind(probe, reinterpret_cast<const sockaddr*>(&address), size);
  getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size);
  close(probe);
  return ntohs(address.sin_port);
}

std::unique_ptr<RedisProcess> RedisProcess::Start(std::vector<std::string> settings) {
  if (access(kServer, X_OK) != 0) return nullptr;
  std::string folder = "/tmp/chimera-redis-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return nullptr;
  std::unique_ptr<RedisProcess> server(new RedisProcess(folder, std::move(settings)));
  server->Launch();
  return server;
}

RedisProcess::RedisProcess(std::string folder, std::vector<std::string> settings)
    : folder_(std::move(folder)), socket_(folder_ + "/redis.sock"), settings_(std::move(settings)) {}

RedisProcess::~RedisProcess() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

RedisOptions RedisProcess::Options(const std::string& prefix) const {
  RedisOptions options;
  options.socket = socket_;
  options.prefix = prefix;
  return options;
}

void RedisProcess::Launch() {
  std::filesystem::remove(socket_);
  std::vector<std::string> words = {kServer, "--port", "0", "--unixsocket", socket_, "--dir",
                                    folder_, "--save", "",  "--appendonly", "yes",   "--appendfsync",
                                    "always"};
  words.insert(words.end(), settings_.begin(), settings_.end());
  process_ = fork();
  if (process_ == 0) Run(words);
  for (int i = 0; i < 500; ++i) {
    const std::string answer = Say("PING");
    if (answer.find("PONG") != std::string::npos || answer.find("NOAUTH") != std::string::npos) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

void RedisProcess::Signal(int number) const {
  kill(process_, number);
}

void RedisProcess::Kill() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

std::string RedisProcess::Say(const std::string& command) const {
  FILE* output = popen(("redis-cli -s " + socket_ + " " + command + " 2>&1").c_str(), "r");
  if (output == nullptr) return {};
  std::string text;
  std::array<char, 4096> piece;
  while (const size_t size = fread(piece.data(), 1, piece.size(), output)) text.append(piece.data(), size);
  pclose(output);
  return text;
}

}  // namespace chimera::ingest
