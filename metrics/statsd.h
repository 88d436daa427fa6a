// Tells a Datadog agent what happens, by DogStatsD: metrics named muse.clickhouse.*. Never makes a call wait or fail:
// lines are collected in memory, one thread sends them; what cannot be sent is lost.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "clickhouse/client.h"
#include "metrics/datagram_socket.h"
#include "metrics/observer.h"
#include "metrics/statsd_text.h"

namespace chimera::metrics {

struct StatsdOptions {
  std::string host;                    ///< DD_AGENT_HOST, or that of DD_DOGSTATSD_URL; empty with no `socket`: off
  int port = 8125;                     ///< DD_DOGSTATSD_PORT
  std::string socket = {};             ///< path of a Unix datagram socket, from DD_DOGSTATSD_URL; wins over `host`
  std::vector<std::string> tags = {};  ///< sent with every metric: DD_ENTITY_ID, DD_SERVICE, DD_ENV, DD_VERSION
  std::chrono::milliseconds flush{1000};

  bool Enabled() const { return !host.empty() || !socket.empty(); }
  /// "udp://host:port" or "unix://path", for the log.
  std::string Address() const;
};

class Statsd : public Observer {
 public:
  using State = std::function<clickhouse::ClientState()>;  ///< asked at every flush, on the sending thread

  /// Starts the thread. Requires options.Enabled().
  Statsd(StatsdOptions options, State state);
  /// Sends what is left. May wait for a name server that does not answer, as long as the system's resolver does.
  ~Statsd() override;

  /// Some microseconds. Thread-safe.
  void OnStatement(const Statement& statement) override;
  void OnFlush(const BufferFlush& flush) override;

 private:
  using Tags = std::vector<std::string>;

  std::string Line(std::string_view name, double value, std::string_view type, Tags tags) const;
  void Add(const std::vector<std::string>& lines);
  void AddGauges();
  void Work(const std::stop_token& stop);
  void Send(const std::vector<std::string>& datagrams);
  bool Connect();

  const StatsdOptions options_;
  const State state_;
  std::mutex mutex_;  ///< of packer_ and filled_
  std::condition_variable_any wake_;
  DatagramPacker packer_;
  bool filled_ = false;                   ///< a whole datagram waits
  std::optional<DatagramSocket> socket_;  ///< of the thread
  Deadline connect_again_{Deadline::Clock::time_point::min()};
  bool complained_ = false;
  std::jthread thread_;  ///< last: it uses the rest
};

}  // namespace chimera::metrics
