// Which column of a file goes to which column of a table. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "transfer/target.h"

namespace chimera::transfer {

/// What the caller said about the file's columns.
struct Mapping {
  std::map<std::string, std::string> renamed;  ///< the file's name → the table's
  std::set<std::string> skipped;               ///< the file's names
};

/// Reads "file_column=table_column" pairs. kInvalidArgument for what is none.
Result<Mapping> ParseMapping(const std::vector<std::string>& pairs, const std::vector<std::string>& skipped);

/// The table's column for a column of the file; nothing when it is skipped. kInvalidArgument with the nearest names
/// when there is none.
Result<std::optional<size_t>> ColumnFor(const Target& target, const Mapping& mapping, const std::string& name);

/// For a file whose header names its columns: the table's column for each; nothing for those that are skipped.
/// kInvalidArgument, naming all of them, for columns that the table does not have, that come twice, or that it needs.
Result<std::vector<std::optional<size_t>>> PlanColumns(const Target& target, const Mapping& mapping,
                                                       const std::vector<std::string>& header);

/// Whether a row may do without the column: the rule, the type or the table has a value for it.
bool MayBeAbsent(const Target& target, size_t column);

}  // namespace chimera::transfer
