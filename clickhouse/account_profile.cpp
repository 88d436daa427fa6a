#include "clickhouse/account_profile.h"

namespace chimera::clickhouse {

std::optional<std::string> AccountProfile::Admit(std::string_view /*setting*/, std::string value) const {
  return value;
}

}  // namespace chimera::clickhouse
