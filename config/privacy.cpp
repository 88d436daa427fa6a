#include "config/privacy.h"

#include "config/files.h"

namespace chimera::config {

Privacy LoadPrivacy(SettingReader& reader) {
  constexpr size_t kMostBytes = 1 << 20, kLeastKey = 32;
  Privacy privacy{.rules = reader.Text("CHIMERA_PRIVACY", ""), .rules_from = "CHIMERA_PRIVACY", .key = {}};
  if (!privacy.rules.empty() && !privacy.rules.starts_with('{')) {
    privacy.rules_from = reader.FromHome(privacy.rules);
    auto file = ReadSmallFile(privacy.rules_from, kMostBytes);
    if (!file.ok()) reader.Refuse("CHIMERA_PRIVACY", file.error().message, "give rules as JSON, or a file of them");
    if (file.ok()) privacy.rules = std::move(file->text);
  }
  privacy.key = reader.Password("CHIMERA_PRIVACY_KEY", "CHIMERA_PRIVACY_KEY_FILE").value_or(Password{}).text;
  if (!privacy.key.empty() && privacy.key.size() < kLeastKey) {
    reader.Refuse(reader.IsSet("CHIMERA_PRIVACY_KEY") ? "CHIMERA_PRIVACY_KEY" : "CHIMERA_PRIVACY_KEY_FILE",
                  "is too short to be secret", "make one with: openssl rand -hex 32");
  }
  privacy.exempt_admins = reader.Bool("CHIMERA_PRIVACY_EXEMPT_ADMINS", false);
  return privacy;
}

}  // namespace chimera::config
