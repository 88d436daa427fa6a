// What the tests of the client share: a client for a scripted server, and peers that misbehave.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "clickhouse/http_client.h"
#include "unit/clickhouse/scripted_server.h"

namespace chimera::clickhouse {

using namespace std::chrono_literals;
using chimera::testing::Chunk;
using chimera::testing::ChunkedHead;
using chimera::testing::kLastChunk;
using chimera::testing::Peer;
using chimera::testing::Reply;
using chimera::testing::ScriptedServer;
using chimera::testing::WireRequest;

inline const std::string kHeader = "[\"n\",\"s\"]\n[\"UInt64\",\"String\"]\n";
inline const std::string kBody = kHeader + "[\"1\",\"ä\\n\"]\n[\"2\",\"]\"]\n[\"3\",\"\"]\n";
inline const std::string kAllRows = "[\"1\",\"ä\\n\"],[\"2\",\"]\"],[\"3\",\"\"]";

inline RequestContext Within(std::chrono::milliseconds time) {
  RequestContext context;
  context.deadline = Deadline::After(time);
  return context;
}

/// Runs `call` and says how long it took.
template <typename F>
std::chrono::milliseconds Timed(F call) {
  auto start = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
}

inline std::unique_ptr<Client> Connect(HttpOptions options) {
  auto client = CreateHttpClient(std::move(options));
  EXPECT_TRUE(client) << (client ? "" : client.error().message);
  return std::move(client).value();
}

/// For servers on these ports, in the order of preference: no repeats, short pauses.
inline HttpOptions OptionsFor(const std::vector<int>& ports) {
  HttpOptions options;
  options.hosts.clear();
  for (int port : ports) options.hosts.push_back({"127.0.0.1", port});
  options.learn_account = false;
  options.account.password = "hunter22";
  options.database = "metrics";
  options.retries = 0;
  options.pace = {.first_pause = 2ms, .longest_pause = 10ms, .first_cooldown = 5ms, .longest_cooldown = 50ms};
  return options;
}

inline std::unique_ptr<Client> ConnectTo(int port) {
  return Connect(OptionsFor({port}));
}

inline ScriptedServer::Script Always(std::string bytes) {
  return [bytes = std::move(bytes)](const WireRequest&, Peer& peer) { return peer.Send(bytes); };
}

inline bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The kills a server saw, once there is one.
inline std::vector<std::string> AwaitKill(const ScriptedServer& server) {
  auto end = Deadline::After(2s);
  while (server.Kills().empty() && !end.Expired()) std::this_thread::sleep_for(1ms);
  return server.Kills();
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    char pattern[] = "/tmp/chimera-test-XXXXXX";
    path_ = mkdtemp(pattern);
  }
  ~TemporaryFolder() {
    unlink(Socket().c_str());
    rmdir(path_.c_str());
  }
  std::string Socket() const { return path_ + "/s"; }

 private:
  std::string path_;
};

/// A listener that never accepts: connections succeed, then nothing is read and nothing comes.
class BlackHole {
 public:
  BlackHole() {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(fd_, 16), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~BlackHole() { close(fd_); }
  int Port() const { return port_; }

 private:
  int fd_ = -1;
  int port_ = 0;
};

/// A port where nobody listens.
inline int DeadPort() {
  return BlackHole().Port();
}

}  // namespace chimera::clickhouse
