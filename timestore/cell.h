// One value of a row that waits, as the column that it is for will hold it: how it is read, compared and printed. What
// is here does as ClickHouse does; column types of which that cannot be said are not known here. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/json.h"
#include "base/result.h"

namespace chimera::timestore {

enum class CellKind {
  kInt64,
  kUInt64,
  kFloat64,
  kBool,
  kString,
  kMillis,  ///< DateTime64(3, 'UTC')
  kMicros,  ///< DateTime64(6, 'UTC')
};

/// Also inside Nullable and LowCardinality; nothing for other types.
std::optional<CellKind> CellKindOf(std::string_view type);

/// null, or what the kind says: bool, int64_t (also times, as ticks), uint64_t, double, text.
using Cell = std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string>;

inline bool IsNull(const Cell& cell) {
  return cell.index() == 0;
}

/// Of a value in a row of the buffer, JSON text of one value. Nothing for what ClickHouse would read in a way of its
/// own, such as a number in quotes.
std::optional<Cell> ReadCell(CellKind kind, std::string_view json);

/// Of a value that a caller compares with, by the rules of tools::BindParameter; kInvalidArgument with a problem at
/// `path`.
Result<Cell> ReadOperand(CellKind kind, const Json& value, const std::string& path);

/// Of two cells of one kind, neither null.
std::partial_ordering Compare(const Cell& left, const Cell& right);

/// JSON text, as results of the client hold it (clickhouse::Rows).
void AppendCell(CellKind kind, const Cell& cell, std::string& out);

}  // namespace chimera::timestore
