#include "app/fetch.h"

#include <chrono>
#include <memory>
#include <vector>

#include "clickhouse/dialer.h"
#include "clickhouse/errors.h"
#include "clickhouse/http_exchange.h"
#include "config/authorization.h"

namespace chimera::app {
namespace {

using clickhouse::Outcome;

constexpr std::chrono::seconds kTime{5};
constexpr size_t kMaxBytes = 1u << 20;

struct Document : clickhouse::Receiver {
  void OnHead(const clickhouse::ReplyHead& head) override { status = head.status; }
  bool OnBody(std::string_view bytes) override {
    text += bytes;
    return text.size() <= kMaxBytes;
  }
  int status = 0;
  std::string text;
};

Error Failed(const std::string& url, const std::string& why) {
  return MakeError(ErrorCode::kUnavailable, url + " " + why);
}

Error Failed(const std::string& url, const clickhouse::Endpoint& endpoint, const clickhouse::Exchange& exchange) {
  if (exchange.outcome != Outcome::kFailed) return Failed(url, "was not answered in time");
  return Failed(url, "could not be fetched: " + clickhouse::NetworkError(endpoint, exchange).message);
}

}  // namespace

Result<std::string> Fetch(const std::string& url, const std::stop_token& stop) {
  const auto parts = config::ParseUrl(url);
  if (!parts.ok()) return Failed(url, parts.error().message);
  const clickhouse::Endpoint endpoint{
      .unix_socket = {}, .host = parts->host, .port = parts->port, .secure = parts->secure};
  const RequestContext context = RequestContext::For("fetch", kTime, stop);
  const clickhouse::Patience patience(context);
  auto dialled = endpoint.dialer->Dial(endpoint, patience, context.deadline);
  if (const auto* ended = std::get_if<clickhouse::Exchange>(&dialled)) return Failed(url, endpoint, *ended);
  const std::vector<clickhouse::Header> headers = {
      {"User-Agent", "chimera-mcp"}, {"Accept", "application/json"}, {"Connection", "close"}};
  std::string head = RequestHead("GET", endpoint, {.target = parts->target, .headers = headers, .body = {}});
  Document document;
  const auto exchange = RunExchange(*std::get<0>(dialled), std::move(head), {}, patience, document).exchange;
  if (document.text.size() > kMaxBytes) return Failed(url, "is answered with more than 1 MiB");
  if (exchange.outcome != Outcome::kComplete) return Failed(url, endpoint, exchange);
  if (document.status != 200) return Failed(url, "is answered with status " + std::to_string(document.status));
  return std::move(document.text);
}

}  // namespace chimera::app
