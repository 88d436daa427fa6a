// An engine behind its Unix socket, and requests to it.
#pragma once

#include <httplib.h>
#include <sys/un.h>

#include <memory>
#include <string>

#include "engine_fixture.h"

namespace chimera::engine {

using namespace std::chrono_literals;

inline constexpr const char* kEndless = "SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3";

class HttpInterface : public EngineFixture {
 protected:
  void SetUp() override {
    EngineFixture::SetUp();
    if (folder_.empty()) return;
    auto supervisor = Supervisor::Create(Options());
    ASSERT_TRUE(supervisor.ok());
    socket_ = (*supervisor)->Socket();
    const Status running = (*supervisor)->EnsureRunning(Patience(30s));
    ASSERT_TRUE(running.ok()) << running.error().message;
  }

  std::unique_ptr<httplib::Client> Connect() const {
    auto client = std::make_unique<httplib::Client>(socket_);
    client->set_address_family(AF_UNIX);
    client->set_default_headers({{"Host", "localhost"}});
    client->set_read_timeout(60s);
    return client;
  }

  httplib::Result Post(const std::string& sql, const std::string& query = "") const {
    return Connect()->Post("/" + query, sql, "text/plain");
  }
  std::string Text(const std::string& sql, const std::string& query = "") const {
    const auto response = Post(sql, query);
    return response ? response->body : "no answer: " + httplib::to_string(response.error());
  }

  int RawConnect() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  std::string socket_;
};

}  // namespace chimera::engine
