// Puts the protected columns together: the datasets' rules, the operator's over them, and the key of the hashes.
#pragma once

#include <memory>
#include <vector>

#include "config/config.h"
#include "schema/dataset.h"
#include "tools/privacy.h"

namespace chimera::app {

/// Lays the operator's rules over those of `datasets`. Where a column is hashed, the key is the configured one, or for
/// the embedded engine `privacy.key` in its data folder, which is made when it is missing. Null when nothing is
/// protected. kInvalidArgument for rules that do not hold, or a missing key; kIoError for its file.
Result<std::shared_ptr<const tools::Privacy>> CreatePrivacy(const config::Config& config,
                                                            std::vector<schema::Dataset>& datasets);

}  // namespace chimera::app
