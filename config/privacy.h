// The settings that say what an operator wants of protected columns.
#pragma once

#include <string>

#include "config/setting_reader.h"

namespace chimera::config {

/// The datasets' own rules come first.
struct Privacy {
  std::string rules;           ///< CHIMERA_PRIVACY: JSON as schema::OverridePrivacy reads it; empty: none
  std::string rules_from;      ///< for messages: the setting's name, or the file
  std::string key;             ///< CHIMERA_PRIVACY_KEY, CHIMERA_PRIVACY_KEY_FILE: at least 32 bytes; empty: none given
  bool exempt_admins = false;  ///< CHIMERA_PRIVACY_EXEMPT_ADMINS
};

/// Blocks for the file of rules, if one is named.
Privacy LoadPrivacy(SettingReader& reader);

}  // namespace chimera::config
