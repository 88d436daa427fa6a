// Sends requests over a Connection and keeps what came back.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "clickhouse/connection.h"

namespace chimera::testing {

inline RequestContext Within(std::chrono::milliseconds time) {
  RequestContext context;
  context.deadline = Deadline::After(time);
  return context;
}

struct Answer : clickhouse::Receiver {
  void OnHead(const clickhouse::ReplyHead& reply_head) override { head = reply_head; }
  bool OnBody(std::string_view bytes) override {
    text += bytes;
    return text.size() < most;
  }

  clickhouse::ReplyHead head;
  std::string text;
  size_t most = SIZE_MAX;
  clickhouse::Exchange exchange;
};

struct Call {
  std::string body = "SELECT 1";
  std::string target = "/";
  std::vector<clickhouse::Header> headers = {{"X-ClickHouse-User", "default"}};
  RequestContext context = Within(std::chrono::seconds(20));
};

inline Answer Send(clickhouse::Connection& connection, const Call& call = {}) {
  Answer answer;
  answer.exchange = connection.Send({call.target, call.headers, call.body}, call.context, answer);
  return answer;
}

inline bool IsWhole(const Answer& answer) {
  return answer.exchange.outcome == clickhouse::Outcome::kComplete;
}

inline bool Has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace chimera::testing
