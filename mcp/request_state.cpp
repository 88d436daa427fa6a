#include "mcp/request_state.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/text.h"

namespace chimera::mcp {
namespace {

int64_t Seconds(RequestState::Clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

bool SameBytes(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

RequestState::RequestState(std::string key, std::chrono::seconds lifetime, std::function<Clock::time_point()> now)
    : key_(key.empty() ? RandomHex(32) : std::move(key)), lifetime_(lifetime), now_(std::move(now)) {}

std::string RequestState::Signature(std::string_view text, std::string_view request) const {
  const std::string signed_text = std::string(text) + "." + Sha256Hex(request);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(), digest, &size);
  return Base64({reinterpret_cast<const char*>(digest), size});
}

std::string RequestState::Seal(const Json& state, std::string_view request) const {
  const Json payload = {{"until", Seconds(now_() + lifetime_)}, {"state", state}};
  const std::string text = Base64(ToText(payload));
  return text + "." + Signature(text, request);
}

std::optional<Json> RequestState::Open(std::string_view sealed, std::string_view request) const {
  const size_t dot = sealed.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view text = sealed.substr(0, dot);
  if (!SameBytes(sealed.substr(dot + 1), Signature(text, request))) return std::nullopt;
  const auto bytes = FromBase64(text);
  auto payload = bytes ? ParseJson(*bytes) : ParseJson("null");
  if (!payload.ok() || !payload->is_object() || payload->value("until", int64_t{0}) < Seconds(now_())) {
    return std::nullopt;
  }
  return payload->value("state", Json());
}

}  // namespace chimera::mcp
