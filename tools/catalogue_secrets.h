// Results that tell of the database itself (SHOW CREATE, system.tables, system.settings) can hold what was written into
// definitions and settings: addresses with accounts, keys of engines. Servers since 23.3 hide most of it themselves.
// Pure.
#pragma once

#include <string_view>

#include "clickhouse/client.h"

namespace chimera::tools {

/// Whether the result of `sql`, a statement of `kind` (ReadStatement), could tell of the database itself.
bool TellsOfDatabase(std::string_view kind, std::string_view sql);

/// Takes what has the form of a credential (base/redaction.h) out of the texts of a result.
void HideSecrets(clickhouse::Rows& rows);

}  // namespace chimera::tools
