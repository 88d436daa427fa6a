#include "clickhouse/connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <future>
#include <latch>
#include <thread>

#include "clickhouse/gzip.h"
#include "clickhouse/resolver.h"
#include "unit/clickhouse/scripted_server.h"
#include "wire/calls.h"

namespace chimera::clickhouse {
namespace {

using namespace std::chrono_literals;
using chimera::testing::Answer;
using chimera::testing::Has;
using chimera::testing::IsWhole;
using chimera::testing::Peer;
using chimera::testing::Reply;
using chimera::testing::ScriptedServer;
using chimera::testing::Send;
using chimera::testing::WireRequest;
using chimera::testing::Within;

constexpr auto kGenerous = 3s;  // far above what is expected, far below what would end the wait otherwise

Endpoint At(int port, bool secure = false, std::chrono::milliseconds connect_timeout = 60s) {
  Endpoint endpoint{"", "127.0.0.1", port, secure};
  endpoint.connect_timeout = connect_timeout;
  return endpoint;
}

/// A loopback port whose queue of connections is full, so that an attempt to connect is never answered; or, with a
/// queue, one where the connection stands and nobody speaks.
class SilentPort {
 public:
  explicit SilentPort(bool accepts) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, accepts ? 16 : 0), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    for (int i = 0; !accepts && i < 4; ++i) {
      int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      connect(filler, reinterpret_cast<sockaddr*>(&address), size);
      fillers_.push_back(filler);
    }
    if (!accepts) std::this_thread::sleep_for(20ms);
  }
  ~SilentPort() {
    for (int filler : fillers_) close(filler);
    close(listener_);
  }
  int Port() const { return port_; }

 private:
  int listener_ = -1;
  int port_ = 0;
  std::vector<int> fillers_;
};

/// How a call that is cancelled after a moment ends, and how long that took it.
std::pair<Exchange, std::chrono::milliseconds> Cancelled(const Endpoint& endpoint) {
  std::stop_source source;
  RequestContext context = Within(60s);
  context.stop = source.get_token();
  Connection connection(endpoint);
  auto call = std::async(std::launch::async, [&] { return Send(connection, {.context = context}).exchange; });
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(call.wait_for(0s), std::future_status::timeout) << "it ended before it was cancelled";
  auto start = std::chrono::steady_clock::now();
  source.request_stop();
  Exchange exchange = call.get();
  auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  return {exchange, took};
}

TEST(Connection, IsCancelledWhileItConnects) {
  SilentPort hole(false);
  auto [exchange, took] = Cancelled(At(hole.Port()));
  EXPECT_EQ(exchange.outcome, Outcome::kCancelled);
  EXPECT_FALSE(exchange.sent);
  EXPECT_LT(took, kGenerous);
}

TEST(Connection, IsCancelledInTheTlsHandshake) {
  SilentPort silent(true);
  auto [exchange, took] = Cancelled(At(silent.Port(), true));
  EXPECT_EQ(exchange.outcome, Outcome::kCancelled);
  EXPECT_FALSE(exchange.sent);
  EXPECT_LT(took, kGenerous);
}

TEST(Connection, IsCancelledWhileItWaitsForTheReply) {
  SilentPort silent(true);
  auto [exchange, took] = Cancelled(At(silent.Port()));
  EXPECT_EQ(exchange.outcome, Outcome::kCancelled);
  EXPECT_TRUE(exchange.sent);
  EXPECT_LT(took, kGenerous);
}

TEST(Connection, GivesUpConnectingAfterItsTimeoutAndSaysWhere) {
  SilentPort hole(false);
  Connection unanswered(At(hole.Port(), false, 100ms));
  EXPECT_EQ(Send(unanswered).exchange.failure, Failure::kConnectTimeout);
  SilentPort silent(true);
  Connection unshaken(At(silent.Port(), true, 100ms));
  EXPECT_EQ(Send(unshaken).exchange.failure, Failure::kTlsSilent);
}

TEST(Connection, TheDeadlineComesBeforeTheConnectTimeout) {
  SilentPort hole(false);
  Connection unanswered(At(hole.Port()));
  EXPECT_EQ(Send(unanswered, {.context = Within(100ms)}).exchange.outcome, Outcome::kExpired);
  SilentPort silent(true);
  Connection unshaken(At(silent.Port(), true));
  EXPECT_EQ(Send(unshaken, {.context = Within(100ms)}).exchange.outcome, Outcome::kExpired);
}

/// Says `words` to whoever connects, once something came.
class Speaker {
 public:
  explicit Speaker(std::string words) : words_(std::move(words)), thread_([this] { Run(); }) { ready_.wait(); }
  ~Speaker() {
    stopping_ = true;
    thread_.join();
  }
  int Port() const { return port_; }

 private:
  void Run() {
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener, 4), 0);
    EXPECT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    ready_.count_down();
    if (!Await(listener)) return void(close(listener));
    int peer = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    char bytes[4096];
    if (Await(peer) && recv(peer, bytes, sizeof(bytes), 0) > 0) {
      EXPECT_EQ(send(peer, words_.data(), words_.size(), MSG_NOSIGNAL), static_cast<ssize_t>(words_.size()));
    }
    close(peer);
    close(listener);
  }

  bool Await(int fd) const {
    pollfd waiting{fd, POLLIN, 0};
    while (!stopping_ && poll(&waiting, 1, 10) == 0) {
    }
    return !stopping_;
  }

  const std::string words_;
  std::atomic<bool> stopping_{false};
  int port_ = 0;
  std::latch ready_{1};
  std::thread thread_;
};

TEST(Connection, APeerThatSpeaksSomethingElseIsNamed) {
  struct Case {
    std::string words;
    bool secure;
    Failure expected;
  };
  const std::string exception("\x02\x65\x00\x00\x00", 5);  // of the native protocol, as it begins
  for (const auto& [words, secure, expected] :
       {Case{"HTTP/1.1 400 Bad Request\r\n\r\n", true, Failure::kTlsNotSpoken},
        Case{"SSH-2.0-x\r\n", true, Failure::kTlsNotSpoken}, Case{exception, true, Failure::kNativeProtocol},
        Case{exception, false, Failure::kNativeProtocol}, Case{"\x15\x03\x03", false, Failure::kTlsExpected},
        Case{"SSH-2.0-x\r\n", false, Failure::kNotHttp}, Case{"", true, Failure::kTlsHandshake},
        Case{"", false, Failure::kBroken}}) {
    Speaker speaker(words);
    Connection connection(At(speaker.Port(), secure));
    Answer answer = Send(connection);
    EXPECT_EQ(answer.exchange.outcome, Outcome::kFailed);
    EXPECT_EQ(answer.exchange.failure, expected) << words << " " << answer.exchange.detail;
    EXPECT_EQ(answer.exchange.sent, !secure);
  }
}

TEST(Connection, PutsThePathPrefixFirst) {
  ScriptedServer server([](const WireRequest&, Peer& peer) { return peer.Send(Reply("")); });
  Endpoint endpoint = At(server.Port());
  endpoint.path_prefix = "/clickhouse";
  Connection connection(endpoint);
  ASSERT_TRUE(IsWhole(Send(connection, {.target = "/?a=%2Fb+c"})));
  EXPECT_EQ(server.Requests().at(0).head.find("POST /clickhouse/?a=%2Fb+c HTTP/1.1\r\nHost: 127.0.0.1:"), 0u);
  EXPECT_FALSE(Has(server.Requests().at(0).head, "Accept-Encoding"));
}

TEST(Connection, InflatesAGzipReplyHoweverSlowlyItComes) {
  const std::string packed = Gzip("Ok.\n");
  ScriptedServer server(
      [&](const WireRequest&, Peer& peer) { return peer.Drip(Reply(packed, 200, "Content-Encoding: gzip\r\n"), 0ms); });
  Connection connection(At(server.Port()));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Send(connection).text, "Ok.\n");
  EXPECT_EQ(server.Connections(), 1u);
}

TEST(Connection, ARefusalBeforeTheWholeRequestIsHeard) {
  Speaker speaker("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno");  // and closes
  Connection connection(At(speaker.Port()));
  Answer answer = Send(connection, {.body = std::string(32 * 1024 * 1024, 'x')});
  EXPECT_TRUE(IsWhole(answer)) << answer.exchange.detail;
  EXPECT_EQ(answer.head.status, 413);
  EXPECT_EQ(answer.text, "no");
  EXPECT_TRUE(connection.IsStale());
}

TEST(Connection, IsClosedWhenTheServerSaysSo) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    return peer.Send(Reply("", 200, "Connection: close\r\n"));  // and then leaves it open
  });
  Connection connection(At(server.Port()));
  EXPECT_TRUE(IsWhole(Send(connection)));
  EXPECT_TRUE(connection.IsStale());
  EXPECT_TRUE(IsWhole(Send(connection)));
  EXPECT_EQ(server.Connections(), 2u);
}

TEST(Connection, AStaleOneThatIsUsedAllTheSameFailsAndSendsOnce) {
  ScriptedServer server([](const WireRequest&, Peer& peer) {
    peer.Send(Reply(""));
    return false;
  });
  Connection connection(At(server.Port()));
  ASSERT_TRUE(IsWhole(Send(connection)));
  while (!connection.IsStale()) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(Send(connection).exchange.failure, Failure::kBroken);
  EXPECT_EQ(server.Requests().size(), 1u);
}

class ResolverTest : public ::testing::Test {
 protected:
  /// One address, once `release` was called.
  Resolver::Ask Blocked() {
    return [asked = asked_, gate = gate_](const std::string&, int, std::vector<Address>& found) {
      ++*asked;
      gate->wait();
      found.resize(1);
      return 0;
    };
  }

  std::shared_ptr<std::atomic<int>> asked_ = std::make_shared<std::atomic<int>>(0);
  std::shared_ptr<std::latch> gate_ = std::make_shared<std::latch>(1);
};

TEST_F(ResolverTest, ADeadNameServiceCostsNobodyMoreThanTheirTimeAndOneLookupInAll) {
  Resolver resolver(Blocked());
  for (int i = 0; i < 3; ++i) {
    RequestContext context = Within(30ms);
    auto found = resolver.Resolve("db.test", 8123, Patience(context), Deadline::After(60s));
    ASSERT_TRUE(std::holds_alternative<Exchange>(found));
    EXPECT_EQ(std::get<Exchange>(found).outcome, Outcome::kExpired);
  }
  RequestContext patient = Within(60s);
  auto late = resolver.Resolve("db.test", 8123, Patience(patient), Deadline::After(30ms));
  EXPECT_EQ(std::get<Exchange>(late).failure, Failure::kNameTimeout);
  std::stop_source source;
  patient.stop = source.get_token();
  std::thread canceller([&] { source.request_stop(); });
  auto cancelled = resolver.Resolve("db.test", 8123, Patience(patient), Deadline::After(60s));
  canceller.join();
  EXPECT_EQ(std::get<Exchange>(cancelled).outcome, Outcome::kCancelled);
  EXPECT_EQ(*asked_, 1);
  gate_->count_down();
}

TEST_F(ResolverTest, WaitersGetTheSharedAnswer) {
  Resolver resolver(Blocked());
  auto call = [&] {
    RequestContext context = Within(60s);
    return resolver.Resolve("db.test", 8123, Patience(context), Deadline::After(60s)).index();
  };
  auto first = std::async(std::launch::async, call);
  auto second = std::async(std::launch::async, call);
  gate_->count_down();
  EXPECT_EQ(first.get(), 0u);
  EXPECT_EQ(second.get(), 0u);
}

TEST_F(ResolverTest, AddressesNeedNoNameServiceAndFailuresAreToldApart) {
  auto resolve = [](const std::string& host, int code) {
    Resolver resolver([code](const std::string&, int, std::vector<Address>&) { return code; });
    RequestContext context = Within(60s);
    return resolver.Resolve(host, 8123, Patience(context), Deadline::After(60s));
  };
  EXPECT_EQ(std::get<0>(resolve("192.0.2.7", EAI_NONAME)).at(0).Text(), "192.0.2.7");
  EXPECT_EQ(std::get<0>(resolve("::1", EAI_NONAME)).at(0).Text(), "::1");
  EXPECT_EQ(std::get<Exchange>(resolve("db.test", EAI_NONAME)).failure, Failure::kNameUnknown);
  EXPECT_EQ(std::get<Exchange>(resolve("db.test", EAI_AGAIN)).failure, Failure::kNameTimeout);
}

}  // namespace
}  // namespace chimera::clickhouse
