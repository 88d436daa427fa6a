// The walker's view of whatever stands where a table can stand.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "sql/name_policy.h"
#include "sql/query_walker.h"

namespace chimera::sql {
namespace {

// Bare words that cannot be meant as a table's name; a table that is called so can be quoted.
constexpr std::array<std::string_view, 26> kNoTable = {
    "FROM",  "JOIN",   "SELECT", "WITH",     "WHERE", "PREWHERE", "GROUP",  "ORDER",   "LIMIT",
    "UNION", "ON",     "USING",  "AS",       "IS",    "NOT",      "AND",    "OR",      "IN",
    "CASE",  "HAVING", "INSERT", "SETTINGS", "INTO",  "DISTINCT", "FORMAT", "PARALLEL"};

// These let a column structure compute, so the string could hide any function.
constexpr std::array<std::string_view, 4> kComputedColumns = {"default", "alias", "materialized", "ephemeral"};

bool CouldCompute(const std::string& structure) {
  const std::string lower = ToLower(structure);
  if (lower.find('(') == std::string::npos) return false;
  return std::any_of(kComputedColumns.begin(), kComputedColumns.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

Error NoTableHere(const Token& token) {
  return RefusedAt(token, "a table's name must stand where " + Shown(token) + " stands",
                   "name a table, a subquery in brackets or a table function; quote names that are keywords: `from`");
}

Error NoPath(const Token& token) {
  return RefusedAt(token, Shown(token) + " could be a file or a URL, not a table of the database",
                   "name a table plainly, or with its database as `database`.`table`; list.tables shows them");
}

Error NoSystemTable(const Token& token) {
  return RefusedAt(
      token, "the system table " + Shown(token) + " is not readable here: it could reveal queries, accounts or secrets",
      "readable tables of `system`: " + std::string(ReadableSystemTables()));
}

Error HiddenTable(const Token& token) {
  return RefusedAt(token, "a parameter names the table, and the gate cannot see its value",
                   "write the table's name in the SQL; pass only values as parameters");
}

}  // namespace

Status QueryWalker::Table() {
  const Token& token = cursor_.Current();
  if (token.IsPunctuation("(")) return BracketedTable();
  if (token.kind == TokenKind::kString) return NoPath(token);
  const bool call = cursor_.Next().IsPunctuation("(") && IsName(token);
  if (!call) {
    const size_t first = cursor_.index();
    if (Status named = TableName(); !named) return named;
    // A view with parameters: `database.view(a = 1)`. No table function has a database.
    const bool view = cursor_.IsPunctuation("(") && cursor_.index() > first + 1;
    return view ? Arguments(cursor_.Previous(), Unquote(cursor_.Previous())) : Ok();
  }
  cursor_.Advance();
  return TableFunction(token);
}

Status QueryWalker::TableName() {
  const Token& token = cursor_.Current();
  if (token.IsPunctuation("{")) return HiddenTable(token);
  const bool keyword =
      std::any_of(kNoTable.begin(), kNoTable.end(), [&](std::string_view word) { return token.Is(word); });
  if (!IsName(token) || keyword) return NoTableHere(token);
  const size_t first = cursor_.index();
  const size_t parts = SkipName();
  if (cursor_.IsPunctuation(".") && cursor_.Next().IsPunctuation("{")) return HiddenTable(cursor_.Next());
  if (parts > 2 || cursor_.IsPunctuation(".")) {
    return RefusedAt(token, "a table's name has at most two parts: database.table",
                     "for a column, put the table in FROM alone");
  }
  const bool uuid = cursor_.Is("UUID") && cursor_.Next().kind == TokenKind::kString;  // would win over the name
  if (uuid || cursor_.Current().kind == TokenKind::kString) {
    return RefusedAt(cursor_.Current(), Shown(cursor_.Current()) + " cannot follow a table's name",
                     "name the table by its name alone");
  }
  return CheckTableName(first, parts);
}

Status QueryWalker::CheckTableName(size_t first, size_t parts) const {
  for (size_t i = 0; i < parts; ++i) {
    const Token& part = cursor_.At(first + 2 * i);
    if (part.kind == TokenKind::kQuotedIdentifier && LooksLikePath(Unquote(part))) return NoPath(part);
  }
  if (parts < 2) return Ok();
  const Token& table = cursor_.At(first + 2);
  const std::string database = Unquote(cursor_.At(first));
  if (IsSystemDatabase(database) && !IsReadableSystemTable(database, Unquote(table))) return NoSystemTable(table);
  return Ok();
}

/// A subquery, (VALUES …), or joined tables in brackets: (a JOIN b ON …).
Status QueryWalker::BracketedTable() {
  const Token& opening = cursor_.Current();
  const Token& inner = cursor_.Next();
  const bool values = inner.Is("VALUES") && cursor_.Next(2).IsPunctuation("(");
  if (values || inner.Is("EXPLAIN") || QueryStartsAt(cursor_.index() + 1, false)) return Bracket({});
  if (Status entered = Enter(); !entered) return entered;
  if (Status table = Table(); !table) return table;
  Frame frame;
  frame.list = List::kTables;
  Status walked = Walk(frame, opening);
  --depth_;
  return walked;
}

Status QueryWalker::TableFunction(const Token& name) {
  const std::string function = Unquote(name);
  if (const auto denial = FunctionDenial(function)) {
    return RefusedAt(name, "the table function " + Shown(name) + " " + std::string(*denial),
                     "read only the tables of this database, or use " + std::string(AllowedTableFunctions()));
  }
  const auto kind = AllowedTableFunction(function);
  if (!kind) {
    return RefusedAt(name, "the table function " + Shown(name) + " is not on the list of allowed ones",
                     "use " + std::string(AllowedTableFunctions()) +
                         "; write a view with parameters as database.view(name = value)");
  }
  if (*kind == TableFunctionKind::kLiterals) return Literals(name);
  if (*kind == TableFunctionKind::kMerge) return MergeArguments();
  if (*kind == TableFunctionKind::kQuery && !QueryStartsAt(cursor_.index() + 1, false))
    return NoTableHere(cursor_.Next());
  Frame arguments;
  arguments.call = true;
  return Bracket(arguments);
}

Status QueryWalker::Literals(const Token& function) {
  const Token& opening = cursor_.Current();
  cursor_.Advance();
  if (function.Is("FORMAT") && cursor_.Current().kind == TokenKind::kWord) cursor_.Advance();  // the format's name
  size_t depth = 1;
  for (; depth > 0 && !cursor_.AtEnd(); cursor_.Advance()) {
    const Token& token = cursor_.Current();
    constexpr std::string_view kAllowed = "()[],-+";
    const bool punctuation =
        token.kind == TokenKind::kPunctuation && kAllowed.find(token.text) != std::string_view::npos;
    const bool word = token.Is("NULL") || token.Is("TRUE") || token.Is("FALSE");
    const bool value = token.kind == TokenKind::kString || token.kind == TokenKind::kNumber;
    if (!punctuation && !word && !value) {
      return RefusedAt(token, Shown(token) + " is no literal, and " + Shown(function) + " takes only literals here",
                       "compute in a SELECT around it, or write SELECT … UNION ALL SELECT … for rows");
    }
    if (token.kind == TokenKind::kString && CouldCompute(Unquote(token))) {
      return RefusedAt(token, "this string could be a column structure with computed columns (DEFAULT, ALIAS, …)",
                       "give names and types only; compute in a SELECT around the table function");
    }
    if (token.IsPunctuation("(")) ++depth;
    if (token.IsPunctuation(")")) --depth;
  }
  if (depth > 0) return SyntaxErrorAt(opening, "the bracket `(` is never closed", "add its `)`");
  return Ok();
}

/// merge('pattern') or merge(database, 'pattern'): what the pattern matches must lie in a database that is no system's.
Status QueryWalker::MergeArguments() {
  cursor_.Advance();
  const Token& database = cursor_.Current();
  if (cursor_.Next().IsPunctuation(",")) {
    if (!IsName(database) && database.kind != TokenKind::kString) return NoTableHere(database);
    const std::string name = Unquote(database);
    if (LooksLikePath(name)) return NoPath(database);
    if (IsSystemDatabase(name)) return NoSystemTable(database);
    if (IsName(database) && !Locals().OccursOnce(name)) {  // an alias of this name would win
      return RefusedAt(database, "merge takes " + Shown(database) + " for an alias, as it stands in the SQL twice",
                       "write the database as a string: merge('" + name + "', …)");
    }
    cursor_.Advance(2);
  }
  if (cursor_.Current().kind != TokenKind::kString || !cursor_.Next().IsPunctuation(")")) {
    return RefusedAt(cursor_.Current(), "merge takes a plain database name and a pattern as a string",
                     "write merge('^pattern$') or merge(database, '^pattern$')");
  }
  cursor_.Advance(2);
  return Ok();
}

}  // namespace chimera::sql
