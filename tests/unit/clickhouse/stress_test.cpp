// Servers that come and go under many callers.
#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#include "unit/clickhouse/client_test.h"

namespace chimera::clickhouse {
namespace {

/// A server on one port that is killed and started again at random moments until it is destroyed.
class Mortal {
 public:
  explicit Mortal(int lives) : server_(Start(0)), port_(server_->Port()) {
    killer_ = std::thread([this, lives] {
      std::mt19937 random(42);
      for (int i = 0; i < lives; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 60));
        server_.reset();
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 60));
        server_ = Start(port_);
      }
    });
  }
  ~Mortal() { Settle(); }
  /// Waits for the last life.
  void Settle() {
    if (killer_.joinable()) killer_.join();
  }
  int Port() const { return port_; }

 private:
  static std::unique_ptr<ScriptedServer> Start(int port) {
    auto answer = [](const WireRequest& request, Peer& peer) {
      if (request.body.size() % 7 == 0) return false;  // breaks off without a word
      return peer.Send(ChunkedHead() + Chunk(kBody)) && peer.Send(kLastChunk);
    };
    return std::make_unique<ScriptedServer>(answer, std::string(), 64, port);
  }

  std::unique_ptr<ScriptedServer> server_;
  const int port_;
  std::thread killer_;
};

void Call(Client& client, int number, std::atomic<int>& answered, std::atomic<int>& failed) {
  std::string sql(static_cast<size_t>(1 + number % 100), 'x');
  Error error;
  auto took = Timed([&] {
    auto rows = client.Read(Within(10s), {.sql = sql});
    if (rows) {
      ++answered;
      EXPECT_EQ(rows->rows_json, kAllRows);
    } else {
      error = rows.error();
    }
  });
  EXPECT_LT(took, 11s);
  if (error.message.empty()) return;
  ++failed;
  EXPECT_EQ(error.code, ErrorCode::kUnavailable) << error.message;
}

void RunStress(const std::vector<int>& ports, const std::function<void()>& settle) {
  HttpOptions options = OptionsFor(ports);
  options.retries = 3;
  options.pool_size = 4;
  auto client = Connect(options);
  std::atomic<int> answered{0};
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 60; ++j) Call(*client, i * 1000 + j * 3, answered, failed);
    });
  }
  for (auto& thread : threads) thread.join();
  settle();
  EXPECT_EQ(answered + failed, 480);
  EXPECT_GT(answered, 100);
  EXPECT_TRUE(client->Read(Within(10s), {.sql = "x"}));
  auto state = client->State();
  EXPECT_EQ(state.in_use, 0u);
  EXPECT_EQ(state.waiting, 0u);
  EXPECT_LE(state.idle, 4u);
}

TEST(Stress, OneServerThatDiesAndReturns) {
  Mortal server(15);
  RunStress({server.Port()}, [&] { server.Settle(); });
}

TEST(Stress, TwoServersThatDieAndReturn) {
  Mortal first(15);
  Mortal second(10);
  RunStress({first.Port(), second.Port()}, [&] {
    first.Settle();
    second.Settle();
  });
}

}  // namespace
}  // namespace chimera::clickhouse
