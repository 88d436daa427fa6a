// Columns whose values a read may show only as the caller then treats them (masked, hashed, left out). A name says
// little of where a value comes from: SQL can rename, concatenate, compare and expand columns. So this does not follow
// values; it lets a statement name such a column only where its values leave the statement unchanged under that name,
// or where nothing but their number leaves it, and refuses every other mention. Works on tokens, errs towards refusing.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sql/lexer.h"

namespace chimera::sql {

struct ProtectedColumn {
  std::string database;
  std::string table;
  std::string column;
};

/// Where `sql`, one statement in tokens, may show protected columns. In it they may stand
/// - as an item of the select list of the statement itself, not of a subquery: `SELECT user_agent`, `SELECT e.*`;
/// - as an item of its GROUP BY;
/// - alone in count, uniq and their relatives: `uniq(user_agent)`;
/// - in `* EXCEPT (user_agent)`.
/// The first two only in a statement with one select list, without UNION and the like. Returns the protected names that
/// are, or with a `*` could be, in the select list: the result's columns of these names (see ShowsColumn) must be
/// treated. kStatementRefused with position and hint for everything else. A name counts whatever the table, because
/// tables can be views; `*` and its relatives are refused only where the statement names one of the tables. Pure;
/// linear in the tokens times the columns.
Result<std::vector<std::string>> FindProtected(const std::vector<Token>& tokens,
                                               const std::vector<ProtectedColumn>& columns);

/// The same for a text; one that cannot be tokenized is refused.
Result<std::vector<std::string>> FindProtected(std::string_view sql, const std::vector<ProtectedColumn>& columns);

/// Whether a result's column called `shown` holds `column`: "user_agent", "e.user_agent".
bool ShowsColumn(std::string_view shown, std::string_view column);

}  // namespace chimera::sql
