// What stands between the rows of a batch and the columns of their table: fields that have no column yet, and values
// that do not fit the one they have. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ingest/store.h"

namespace chimera::ingest {

/// The columns of a table that rows may fill, by name: ClickHouse's types.
using LiveColumns = std::map<std::string, std::string, std::less<>>;

/// A column of this name gets the position of the write that a row came with, where the table has it and the row does
/// not.
inline constexpr std::string_view kPositionColumn = "ingest_position";

struct Shaped {
  std::vector<std::pair<std::string, std::string>> added;  ///< columns to add first: name and type, all nullable
  std::vector<std::string> columns;                        ///< that the kept rows fill, by name
  std::vector<Entry> kept;                                 ///< the rows that fit, in their order and slices
  std::vector<DeadLetter> dead;                            ///< those that do not, with both types and what to do
};

/// Fits `entries` of `batch` to the columns `live`. A field without a column gets a nullable one where `evolve` says
/// so, of the type that its values have (Int64, UInt64, Float64, Bool or String; the first row decides what the others
/// must fit, but for whole numbers among fractions); otherwise its rows are dead. Values are only refused where
/// ClickHouse would refuse or change them: what a Date or an Enum takes, it knows better. kInternal for bodies that are
/// not lines of JSON objects.
Result<Shaped> Shape(const Batch& batch, std::vector<Entry> entries, const LiveColumns& live, bool evolve);

}  // namespace chimera::ingest
