// What is done to the values of one protected column, when they are stored and when they are shown. Immutable; any
// thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "schema/privacy.h"

namespace chimera::tools {

/// HMAC-SHA-256 of `text`, as "hmac:" and the first 32 hex digits.
std::string KeyedHash(std::string_view key, std::string_view text);

class Protector {
 public:
  /// `key` is for hashes; it may be empty where there are none.
  Protector(schema::PrivacyRule rule, std::shared_ptr<const std::string> key);

  const schema::PrivacyRule& Rule() const { return rule_; }

  /// The JSON text to store for `value`, canonical JSON text; `fallback`, that of the column's default, where values
  /// are dropped. null and "" stay as they are.
  std::string Stored(std::string_view value, std::string_view fallback) const;
  /// The JSON text to show for `value`, JSON text out of a result; null where values are dropped. What was stored by
  /// Stored is shown as it is.
  std::string Shown(std::string_view value) const;
  /// "as a keyed hash", "masked where it looks like email", "as its default": for the notes of an insert.
  std::string StoredAs() const;
  /// "shown as a keyed hash", "masked", "left out": for those of a result.
  std::string ShownAs() const;

 private:
  std::string Protected(std::string_view text) const;
  std::string ProtectedJson(std::string_view value) const;
  bool CannotMatch(std::string_view json) const;

  const schema::PrivacyRule rule_;
  const std::shared_ptr<const std::string> key_;
};

}  // namespace chimera::tools
