// Brings a Parquet file into a table as it is: the database reads it, in one insert under one token. The columns' types
// are checked by the database alone; declared bounds are not.
#pragma once

#include "transfer/importer.h"

namespace chimera::transfer {

/// As ImportFile. The file is mapped, not read into memory. kInvalidArgument for options that need rows to be looked
/// at.
Status ImportParquet(std::stop_token stop, clickhouse::Client& client, const Target& target, const std::string& path,
                     const ImportOptions& options, ImportProgress& progress);

}  // namespace chimera::transfer
