// The HTTP listener over real sockets: what a client may send, how slowly, and how many of them.
#include "http/listener.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace chimera::http {
namespace {

using namespace std::chrono_literals;

/// A client that sends what it is told to, byte by byte.
class RawClient {
 public:
  explicit RawClient(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  ~RawClient() { Leave(); }

  bool Send(const std::string& bytes) {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  /// What comes until it contains `text`, the server closes, or ten seconds have passed.
  std::string ReadUntil(const std::string& text) {
    std::string all;
    char bytes[4096];
    pollfd wait{socket_, POLLIN, 0};
    while (text.empty() || all.find(text) == std::string::npos) {
      if (::poll(&wait, 1, 10'000) <= 0) return all + " (nothing more in time)";
      const ssize_t size = ::recv(socket_, bytes, sizeof(bytes), 0);
      if (size <= 0) return all;
      all.append(bytes, static_cast<size_t>(size));
    }
    return all;
  }
  std::string ReadToEnd() { return ReadUntil(""); }
  void Leave() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  int socket_;
};

std::string Post(const std::string& body, const std::string& more = "") {
  return "POST /echo HTTP/1.1\r\nHost: localhost\r\n" + more + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

bool Starts(const std::string& text, const std::string& with) {
  return text.rfind(with, 0) == 0;
}

class ListenerTest : public ::testing::Test {
 protected:
  void Start(const ListenerOptions& options = {}) {
    auto created = Listener::Create(options);
    ASSERT_TRUE(created.ok());
    listener_ = std::move(*created);
    listener_->OnRequest(nullptr, [](const httplib::Request&, httplib::Response&) {
      return httplib::Server::HandlerResponse::Unhandled;
    });
    listener_->Post("/echo", [](const httplib::Request& request, httplib::Response& response) {
      response.set_content("<" + request.body + ">", "text/plain");
    });
    listener_->Get("/wait", [this](const httplib::Request& request, httplib::Response& response) {
      Connection& connection = Listener::ConnectionOf(request);
      connection.WhenPeerLeaves([this] { left_ = true; });
      ++waiting_;
      while (!left_ && !release_) std::this_thread::sleep_for(5ms);
      response.set_content("waited", "text/plain");
    });
    port_ = listener_->bind_to_any_port("127.0.0.1");
    running_ = std::thread([this] { listener_->listen_after_bind(); });
    listener_->wait_until_ready();
  }
  void TearDown() override {
    release_ = true;
    if (listener_) listener_->Stop();
    if (running_.joinable()) running_.join();
  }
  void AwaitWaiting(int count) {
    while (waiting_ < count) std::this_thread::sleep_for(5ms);
  }

  std::unique_ptr<Listener> listener_;
  int port_ = 0;
  std::thread running_;
  std::atomic<int> waiting_ = 0;
  std::atomic<bool> left_ = false;
  std::atomic<bool> release_ = false;
};

TEST_F(ListenerTest, RequestsThatAreSentTogetherAreEachAnswered) {
  Start();
  RawClient client(port_);
  client.Send(Post("one") + Post("two", "X-Other: 1\r\n") + Post("three"));
  const std::string answers = client.ReadUntil("<three>");
  EXPECT_LT(answers.find("<one>"), answers.find("<two>")) << answers;
  EXPECT_LT(answers.find("<two>"), answers.find("<three>")) << answers;
}

TEST_F(ListenerTest, ABodyIsNeverTakenForARequest) {
  Start();
  RawClient client(port_);
  client.Send(Post(Post("inner")) + Post("outer"));
  const std::string answers = client.ReadUntil("<outer>");
  EXPECT_NE(answers.find("<POST /echo"), std::string::npos) << answers;
  EXPECT_EQ(answers.find("\r\n\r\n<inner>"), std::string::npos) << answers;
}

TEST_F(ListenerTest, WhoseBodyHasNoCertainEndIsRefusedAndNotReadOn) {
  Start();
  const auto refused = [&](const std::string& headers) {
    RawClient client(port_);
    client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n" + Post("smuggled"));
    const std::string answer = client.ReadToEnd();
    EXPECT_EQ(answer.find("<smuggled>"), std::string::npos) << headers << answer;
    return answer.substr(0, 12);
  };
  EXPECT_EQ(refused("Transfer-Encoding: gzip, chunked\r\n"), "HTTP/1.1 501");
  EXPECT_EQ(refused("Transfer-Encoding: identity\r\n"), "HTTP/1.1 501");
  EXPECT_EQ(refused("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "HTTP/1.1 501");
  EXPECT_EQ(refused("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(refused("Content-Length: +5\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(refused("Content-Length: 5, 5\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(refused("Content-Length: 5\r\nContent-Length: 6\r\n"), "HTTP/1.1 400");
  EXPECT_EQ(refused("Content-Length: 99999999999999999999999\r\n"), "HTTP/1.1 400");
}

TEST_F(ListenerTest, ARequestThatCannotBeReadIsTheLastOfItsConnection) {
  Start();
  RawClient client(port_);
  client.Send("NONSENSE\r\n\r\n" + Post("later"));
  const std::string answer = client.ReadToEnd();
  EXPECT_TRUE(Starts(answer, "HTTP/1.1 400")) << answer;
  EXPECT_EQ(answer.find("<later>"), std::string::npos);
}

TEST_F(ListenerTest, ABodyThatIsAnnouncedTooLongIsRefusedAtOnce) {
  Start({.max_body_bytes = 1000});
  RawClient client(port_);
  client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_TRUE(Starts(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 413"));
  RawClient polite(port_);
  polite.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_TRUE(Starts(polite.ReadToEnd(), "HTTP/1.1 413"));
}

TEST_F(ListenerTest, ARefusalReachesWhoIsStillSending) {
  Start({.max_body_bytes = 1000});
  RawClient client(port_);
  client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n\r\n");
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(client.Send(std::string(100'000, 'x'))) << i;
  EXPECT_TRUE(Starts(client.ReadToEnd(), "HTTP/1.1 413"));
}

TEST_F(ListenerTest, HeadersThatDoNotEndAreCut) {
  Start({.patience = {.head = 1s}});
  RawClient client(port_);
  client.Send("POST /echo HTTP/1.1\r\nHost: loc");
  std::thread drip([&] {
    for (int i = 0; i < 40 && client.Send("a"); ++i) std::this_thread::sleep_for(50ms);
  });
  EXPECT_TRUE(Starts(client.ReadToEnd(), "HTTP/1.1 4"));
  drip.join();
}

TEST_F(ListenerTest, ARequestLineThatDoesNotEndIsCut) {
  Start({.patience = {.head = 1s}});
  RawClient client(port_);
  client.Send("POST /ec");
  EXPECT_TRUE(Starts(client.ReadToEnd(), "HTTP/1.1 408"));
}

TEST_F(ListenerTest, AFloodOfHeadersIsCut) {
  Start();
  RawClient client(port_);
  client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\n");
  const std::string line = "X-Flood: " + std::string(4000, 'x') + "\r\n";
  for (int i = 0; i < 99 && client.Send(line); ++i)
    ;
  EXPECT_TRUE(Starts(client.ReadToEnd(), "HTTP/1.1 4"));
}

TEST_F(ListenerTest, ALineThatIsTooLongIsAnswered) {
  Start();
  RawClient client(port_);
  client.Send("GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(Starts(client.ReadToEnd(), "HTTP/1.1 431"));
}

TEST_F(ListenerTest, ABodyThatComesTooSlowlyIsCut) {
  Start({.patience = {.silence = 1s, .least_rate = 100'000}});
  RawClient client(port_);
  client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n");
  std::thread drip([&] {
    for (int i = 0; i < 60 && client.Send("a"); ++i) std::this_thread::sleep_for(50ms);
  });
  EXPECT_TRUE(Starts(client.ReadToEnd(), "HTTP/1.1 400"));
  drip.join();
}

TEST_F(ListenerTest, APeerHasNoMoreConnectionsThanItMay) {
  Start({.connections_of_peer = 2});
  RawClient one(port_);
  RawClient two(port_);
  one.Send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  two.Send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  AwaitWaiting(2);
  RawClient three(port_);
  EXPECT_TRUE(Starts(three.ReadToEnd(), "HTTP/1.1 503"));
  release_ = true;
  one.ReadUntil("waited");
  one.Leave();
  for (int i = 0; i < 200; ++i) {  // until the server has noticed
    RawClient again(port_);
    again.Send(Post("again"));
    if (again.ReadUntil("<again>").find("<again>") != std::string::npos) return;
    std::this_thread::sleep_for(20ms);
  }
  ADD_FAILURE() << "a connection that ended still counts";
}

TEST_F(ListenerTest, OneConnectionTooManyIsClosed) {
  Start({.connections = 1});
  RawClient one(port_);
  one.Send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  AwaitWaiting(1);
  RawClient two(port_);
  EXPECT_EQ(two.ReadToEnd(), "");
}

TEST_F(ListenerTest, AClientThatLeavesIsNoticedWhileItsRequestIsWorkedOn) {
  Start();
  RawClient client(port_);
  client.Send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  AwaitWaiting(1);
  EXPECT_FALSE(left_);
  client.Leave();
  for (int i = 0; i < 1000 && !left_; ++i) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(left_);
}

TEST_F(ListenerTest, StopEndsConnectionsThatWaitAndNotThoseAtWork) {
  Start({.keep_alive = 60s});
  RawClient idle(port_);
  idle.Send(Post("first"));
  idle.ReadUntil("<first>");
  RawClient busy(port_);
  busy.Send("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  AwaitWaiting(1);
  listener_->Stop();
  EXPECT_EQ(idle.ReadToEnd(), "");
  release_ = true;
  EXPECT_NE(busy.ReadToEnd().find("waited"), std::string::npos);
}

}  // namespace
}  // namespace chimera::http
