// The settings of the audit log.
#pragma once

#include <string>
#include <vector>

#include "audit/audited_catalog.h"
#include "audit/log_file.h"
#include "config/setting_reader.h"

namespace chimera::config {

struct Audit {
  audit::LogFileOptions file;                           ///< CHIMERA_AUDIT_LOG, _MAX_MB, _KEEP, _FSYNC
  audit::Required required = audit::Required::kWrites;  ///< CHIMERA_AUDIT_REQUIRED
  bool hashes_statements = false;                       ///< CHIMERA_AUDIT_STATEMENTS
  std::vector<std::string> masked;                      ///< CHIMERA_AUDIT_MASK: names of columns and arguments

  bool On() const { return !file.path.empty(); }
};

/// Opens nothing: other commands may run as somebody who cannot.
Audit LoadAudit(SettingReader& reader);

}  // namespace chimera::config
