#include "clickhouse/probe.h"

#include <memory>
#include <utility>

#include "base/text.h"
#include "clickhouse/dialer.h"
#include "clickhouse/errors.h"
#include "clickhouse/http_exchange.h"

namespace chimera::clickhouse {
namespace {

using Clock = Deadline::Clock;

double MillisecondsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

Endpoint EndpointOf(const HttpOptions& options, size_t index) {
  const bool is_socket = !options.unix_socket.empty();
  return {.unix_socket = options.unix_socket,
          .host = is_socket ? "" : options.hosts[index].host,
          .port = is_socket ? 0 : options.hosts[index].port,
          .secure = options.secure,
          .tls = options.tls,
          .path_prefix = options.path_prefix,
          .connect_timeout = options.connect_timeout};
}

struct ShortText : Receiver {
  void OnHead(const ReplyHead& head) override { status = head.status; }
  bool OnBody(std::string_view bytes) override {
    text += bytes.substr(0, kMost);
    return text.size() < kMost;
  }
  static constexpr size_t kMost = 1024;
  int status = 0;
  std::string text;
};

/// One probe: each step fills its part of the report and says whether to go on.
class Walk {
 public:
  Walk(const RequestContext& context, Endpoint endpoint) : patience_(context), endpoint_(std::move(endpoint)) {
    report_.name = endpoint_.Name();
  }

  ProbeReport Take() {
    if (Connect() && (!IsTls() || Secure())) Ping();
    return std::move(report_);
  }

 private:
  bool IsTls() const { return endpoint_.secure && endpoint_.unix_socket.empty(); }

  bool Connect() {
    Attempt<std::unique_ptr<Channel>> connected;
    if (endpoint_.unix_socket.empty()) {
      auto start = Clock::now();
      auto found = endpoint_.dialer->Resolve(endpoint_, patience_, connect_by_);
      if (auto* ended = std::get_if<Exchange>(&found)) return Fail(*ended);
      report_.dns_ms = MillisecondsSince(start);
      const auto& addresses = std::get<0>(found);
      for (const auto& address : addresses) report_.addresses.push_back(address.Text());
      start = Clock::now();
      connected = endpoint_.dialer->Connect(addresses, patience_, connect_by_);
      if (connected.index() == 0) report_.tcp_ms = MillisecondsSince(start);
    } else {
      connected = endpoint_.dialer->ConnectUnix(endpoint_.unix_socket, patience_, connect_by_);
    }
    if (auto* ended = std::get_if<Exchange>(&connected)) return Fail(*ended);
    channel_ = std::get<0>(std::move(connected));
    return true;
  }

  bool Secure() {
    auto start = Clock::now();
    auto ended = endpoint_.dialer->Secure(*channel_, endpoint_, patience_, connect_by_);
    double took = MillisecondsSince(start);
    if (channel_->Tls() != nullptr) report_.tls = channel_->Tls()->Facts();
    if (ended) return Fail(*ended);
    report_.tls_ms = took;
    return true;
  }

  bool Ping() {
    auto start = Clock::now();
    ShortText reply;
    const std::vector<Header> headers = {{"User-Agent", "chimera-mcp"}};
    std::string head = RequestHead("GET", endpoint_, {.target = "/ping", .headers = headers, .body = {}});
    auto result = RunExchange(*channel_, std::move(head), {}, patience_, reply);
    if (result.unanswered) {
      if (auto why = endpoint_.dialer->ExplainSilence(endpoint_, patience_)) return Fail(*why);
    }
    bool is_pong = reply.status == 200 && Trim(reply.text) == "Ok.";
    if (result.exchange.outcome != Outcome::kComplete && reply.status == 0) return Fail(result.exchange);
    if (!is_pong) {
      report_.error = ForeignReply(endpoint_, reply.status, reply.text);
      return false;
    }
    report_.ping_ms = MillisecondsSince(start);
    return true;
  }

  bool Fail(const Exchange& ended) {
    if (ended.outcome == Outcome::kFailed) {
      report_.error = NetworkError(endpoint_, ended);
    } else if (ended.outcome == Outcome::kCancelled) {
      report_.error = MakeError(ErrorCode::kCancelled, "the probe was cancelled");
    } else {
      report_.error = MakeError(ErrorCode::kTimeout, "no answer from " + endpoint_.Name() + " before the deadline",
                                "check that the database is reachable, or allow more time");
    }
    return false;
  }

  const Patience patience_;
  const Endpoint endpoint_;
  const Deadline connect_by_ = Deadline::After(endpoint_.connect_timeout);
  std::unique_ptr<Channel> channel_;
  ProbeReport report_;
};

}  // namespace

ProbeReport Probe(const RequestContext& context, const HttpOptions& options, size_t index) {
  return Walk(context, EndpointOf(options, index)).Take();
}

}  // namespace chimera::clickhouse
