// Who asks: from the value of an Authorization header, and nothing else, to a principal. Bearer tokens (RFC 6750) of
// two kinds: static ones of a token file, and JWTs of an authorization server. Knows nothing of HTTP or MCP.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include "auth/jwt.h"
#include "auth/key_source.h"
#include "auth/token_file.h"

namespace chimera::auth {

/// Why somebody is not let in, in the words of RFC 6750, section 3. Holds no part of what was sent.
struct Refusal {
  std::string error;        ///< "invalid_token"; empty: no token was sent
  std::string description;  ///< what is wrong and what to send instead; no quotes or backslashes
};

using Verdict = std::variant<std::shared_ptr<const Principal>, Refusal>;

/// What tokens are good for; at least one of the two.
struct Credentials {
  std::unique_ptr<TokenFile> tokens;  ///< null: no static tokens
  std::unique_ptr<KeySource> keys;    ///< null: no JWTs
  JwtRules rules = {};                ///< for JWTs
};

class Authorizer {
 public:
  using Clock = std::chrono::system_clock;

  /// `now` is a parameter for tests.
  explicit Authorizer(Credentials credentials, std::function<Clock::time_point()> now = Clock::now);

  /// Who sent `header`, the value of Authorization (empty: there was none). Thread-safe. Blocks for files that changed,
  /// and for keys that have to be fetched. A JWT that was good is taken for good for ten seconds more without a look at
  /// its signature, never beyond its expiry.
  Verdict Check(std::string_view header);

  bool TakesJwts() const { return credentials_.keys != nullptr; }

 private:
  struct Known {
    std::shared_ptr<const Principal> principal;
    Clock::time_point until;
  };

  Verdict CheckToken(std::string_view token);
  Verdict CheckJwt(std::string_view token);
  std::variant<Claims, Refusal> Verify(std::string_view token);
  std::shared_ptr<const Principal> Remembered(const std::string& hash);
  void Remember(const std::string& hash, Known known);

  const Credentials credentials_;
  const std::function<Clock::time_point()> now_;
  std::mutex mutex_;                    ///< guards known_
  std::map<std::string, Known> known_;  ///< by the token's SHA-256
};

}  // namespace chimera::auth
