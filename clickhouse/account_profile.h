// What a server lets an account do with the settings of a statement: learned once a connection to a host is made, so
// that statements only carry settings that will be accepted. Pure; copied freely.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "clickhouse/client.h"

namespace chimera::clickhouse {

class AccountProfile {
 public:
  /// Every setting is accepted: the embedded engine's own account, or a server not asked yet.
  static AccountProfile Unrestricted() { return {}; }

  /// The value to send for `setting`: as wanted, clamped to what the account may have, or nothing when the account may
  /// not set it.
  std::optional<std::string> Admit(std::string_view setting, std::string value) const;
};

}  // namespace chimera::clickhouse
