#include "wire/clickhouse_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "clickhouse/probe.h"

namespace chimera::testing {
namespace {

using namespace std::chrono_literals;

int FreePort() {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  bool found = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
               getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(fd);
  if (!found) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

std::string Program() {
  for (const char* path : {"/usr/sbin/clickhouse-server", "/usr/bin/clickhouse-server"}) {
    if (access(path, X_OK) == 0) return path;
  }
  return {};
}

std::string Element(const std::string& name, const std::string& value) {
  return "<" + name + ">" + value + "</" + name + ">\n";
}

std::string User(const std::string& name, const std::string& password, const std::string& profile) {
  return Element(name, Element("password", password) + Element("networks", Element("ip", "127.0.0.1")) +
                           Element("profile", profile) + Element("quota", "default"));
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

bool ClickHouseServer::IsInstalled() {
  return !Program().empty();
}

ClickHouseServer::ClickHouseServer(const Certificate& certificate)
    : folder_(MakeTemporaryFolder()),
      http_port_(FreePort()),
      https_port_(FreePort()),
      native_port_(FreePort()),
      native_tls_port_(FreePort()) {
  WriteConfiguration(certificate);
  Start();
}

ClickHouseServer::~ClickHouseServer() {
  Stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ClickHouseServer::WriteConfiguration(const Certificate& certificate) const {
  auto port = [](const std::string& name, int number) { return Element(name, std::to_string(number)); };
  WriteFile(
      folder_ + "/config.xml",
      Element("yandex", Element("logger", Element("level", "warning") + Element("console", "1")) +
                            port("http_port", http_port_) + port("https_port", https_port_) +
                            port("tcp_port", native_port_) + port("tcp_port_secure", native_tls_port_) +
                            Element("listen_host", "127.0.0.1") + Element("path", folder_ + "/data/") +
                            Element("tmp_path", folder_ + "/tmp/") + Element("users_config", folder_ + "/users.xml") +
                            Element("default_profile", "default") + Element("default_database", "default") +
                            Element("mark_cache_size", "5368709") + Element("keep_alive_timeout", "3") +
                            Element("openSSL", Element("server", Element("certificateFile", certificate.file) +
                                                                     Element("privateKeyFile", certificate.key) +
                                                                     Element("verificationMode", "none") +
                                                                     Element("cacheSessions", "true")))));
  WriteFile(
      folder_ + "/users.xml",
      Element("yandex", Element("profiles", Element("default", "") + Element("readonly", Element("readonly", "1"))) +
                            Element("users", User("default", "", "default") + User("alice", "wonderland", "default") +
                                                 User("reader", "looking-glass", "readonly")) +
                            Element("quotas", Element("default", ""))));
}

void ClickHouseServer::Start() {
  const std::string program = Program();
  const std::string config = "--config-file=" + folder_ + "/config.xml";
  const std::string log = folder_ + "/log";
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that crashes leaves nothing behind
    int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execl(program.c_str(), program.c_str(), config.c_str(), nullptr);
    _exit(127);
  }
  auto end = std::chrono::steady_clock::now() + 60s;
  while (!Answers()) {
    bool died = waitpid(process_, nullptr, WNOHANG) == process_;
    if (died) process_ = -1;
    if (died || std::chrono::steady_clock::now() > end) {
      throw std::runtime_error("clickhouse-server does not start: " + ReadFile(log));
    }
    std::this_thread::sleep_for(20ms);
  }
}

void ClickHouseServer::Stop() {
  if (process_ < 0) return;
  kill(process_, SIGTERM);
  auto end = std::chrono::steady_clock::now() + 10s;
  while (waitpid(process_, nullptr, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > end) kill(process_, SIGKILL);
    std::this_thread::sleep_for(10ms);
  }
  process_ = -1;
}

bool ClickHouseServer::Answers() const {
  clickhouse::HttpOptions options;
  options.hosts = {{"127.0.0.1", http_port_}};
  RequestContext context;
  context.deadline = Deadline::After(1s);
  return !clickhouse::Probe(context, options, 0).error;
}

}  // namespace chimera::testing
