#include "config/audit.h"

namespace chimera::config {

Audit LoadAudit(SettingReader& reader) {
  constexpr uint64_t kMegabyte = 1'000'000;
  Audit audit;
  audit.file.path = reader.Path("CHIMERA_AUDIT_LOG", "");
  audit.required = static_cast<audit::Required>(reader.Choice("CHIMERA_AUDIT_REQUIRED", {"none", "writes", "all"}, 1));
  audit.hashes_statements = reader.Choice("CHIMERA_AUDIT_STATEMENTS", {"text", "hash"}, 0) == 1;
  audit.masked = reader.List("CHIMERA_AUDIT_MASK");
  audit.file.fsync = static_cast<audit::Fsync>(reader.Choice("CHIMERA_AUDIT_FSYNC", {"always", "interval", "off"}, 1));
  audit.file.max_bytes = static_cast<uint64_t>(reader.Integer("CHIMERA_AUDIT_MAX_MB", 100, 1, 100'000)) * kMegabyte;
  audit.file.kept = static_cast<size_t>(reader.Integer("CHIMERA_AUDIT_KEEP", 10, 0, 1000));
  if (audit.On()) return audit;
  for (const auto& setting : Settings()) {
    if (!setting.name.starts_with("CHIMERA_AUDIT_")) continue;
    if (reader.IsSet(setting.name))
      reader.Notice("without effect because CHIMERA_AUDIT_LOG is unset: " + std::string(setting.name));
    reader.SetAside(setting.name, "CHIMERA_AUDIT_LOG is unset");
  }
  return audit;
}

}  // namespace chimera::config
