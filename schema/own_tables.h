// The tables that the program keeps for itself beside a dataset's: no reader wants them among the data.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace chimera::schema {

inline constexpr std::string_view kHistoryTable = "schema_migrations";     ///< what was applied (migrator.h)
inline constexpr std::string_view kImportsTable = "import_batches";        ///< what was imported (transfer/ledger.h)
inline constexpr std::string_view kDemoTable = "demo_loads";               ///< sample data begun and done (migrator.h)
inline constexpr std::string_view kManifestsTable = "ingest_manifests";    ///< buffered writes that were stored, and
inline constexpr std::string_view kWatermarksTable = "ingest_watermarks";  ///< how far they are (ingest/manifest.h)

inline constexpr std::array kOwnTables = {kHistoryTable, kImportsTable, kDemoTable, kManifestsTable, kWatermarksTable};
/// The same for `name NOT IN (…)`.
inline constexpr std::string_view kOwnTablesSql =
    "('schema_migrations', 'import_batches', 'demo_loads', 'ingest_manifests', 'ingest_watermarks')";

inline bool IsOwnTable(std::string_view name) {
  return std::find(kOwnTables.begin(), kOwnTables.end(), name) != kOwnTables.end();
}

}  // namespace chimera::schema
