// The tables of the buffer's file.
#pragma once

#include <memory>
#include <string>

#include "ingest/sqlite.h"

namespace chimera::ingest::sqlite {

/// Opens the file, and makes the tables where it is empty. Waits for others who do the same. kConflict for a file of
/// something else or of a newer version, which stays as it is.
Result<std::unique_ptr<Connection>> OpenWriter(const RequestContext& context, const std::string& path, bool fsync);
/// A connection that cannot write, to a file that OpenWriter has opened.
Result<std::unique_ptr<Connection>> OpenReader(const std::string& path);

}  // namespace chimera::ingest::sqlite
