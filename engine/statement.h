// Reads a request's text as far as the front must know it: how it is to be run, its FORMAT clause, where an INSERT's
// data begin, what a KILL names; and refuses what the engine never runs. It uses the lexer only: what a statement
// means stays ClickHouse's to decide. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace chimera::engine {

/// An INSERT whose data follow its text.
struct InsertHead {
  std::string sql;     ///< up to its FORMAT or VALUES, without it
  std::string format;  ///< of the data; "Values" after VALUES
  size_t data_offset;  ///< where the data begin in the text; at most its length
};

/// Where `text`, a beginning of a request's text, turns into an INSERT's data; nothing when it does not (yet).
std::optional<InsertHead> FindInsertHead(std::string_view text);
/// The longest head that FindInsertHead looks for, in bytes.
inline constexpr size_t kMaxInsertHead = 65536;

enum class Route {
  kSelect,     ///< can be streamed
  kWhole,      ///< run at once: everything else
  kKillQuery,  ///< ours: KILL QUERY WHERE query_id = '…'
};

struct Statement {
  Route route = Route::kWhole;
  std::string format;           ///< of its FORMAT clause; empty without one
  bool reads_only = false;      ///< may be cancelled when nobody waits for it
  bool framed = false;          ///< asks for totals, extremes or an array around the rows, so it cannot be streamed
  std::string killed_query_id;  ///< for kKillQuery
  bool kill_is_test = false;    ///< KILL … TEST: report, do not kill
};

/// One statement, or an exception (see exception.h): SYNTAX_ERROR for none, several or what the lexer cannot read;
/// ACCESS_DENIED for INTO OUTFILE, FROM INFILE and SYSTEM statements that are not harmless; NOT_IMPLEMENTED for other
/// ways to KILL.
Result<Statement> ReadStatement(std::string_view text);

}  // namespace chimera::engine
