// What a read-only request may run, beside ClickHouse's own readonly, which lets some things pass: INTO OUTFILE, the
// scalar function file(), statements that arrive in one text.
#pragma once

#include <string_view>

#include "base/result.h"
#include "engine/chdb.h"

namespace chimera::engine {

/// Whether the text calls file(), the function or the table function, by any of the ways to name a function: a call,
/// APPLY(file), or file in the place of a lambda. A text that the lexer cannot read does not.
bool CallsFile(std::string_view sql);

/// Ok for one statement that the engine itself calls reading, and for USE and SET, which readonly judges. Otherwise an
/// exception: READONLY; the parser's own SYNTAX_ERROR for what it cannot read; ACCESS_DENIED for what CallsFile.
Status MayRead(chdb::Connection& connection, std::string_view sql);

}  // namespace chimera::engine
