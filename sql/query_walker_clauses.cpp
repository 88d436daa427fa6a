// The walker's view of keywords: which of them start a clause, and what the clause may hold.
#include <algorithm>
#include <array>

#include "sql/name_policy.h"
#include "sql/query_walker.h"
#include "sql/settings_policy.h"

namespace chimera::sql {
namespace {

// Behind these an operand is read, whatever its name.
constexpr std::array<std::string_view, 38> kBeforeOperand = {
    "AND",     "OR",       "NOT",    "XOR",    "IN",      "LIKE", "ILIKE",   "REGEXP",   "BETWEEN",  "DIV",
    "MOD",     "IS",       "AS",     "ON",     "USING",   "CASE", "WHEN",    "THEN",     "ELSE",     "GLOBAL",
    "OVER",    "INTERVAL", "SELECT", "WITH",   "FROM",    "JOIN", "BY",      "WHERE",    "PREWHERE", "HAVING",
    "QUALIFY", "LIMIT",    "OFFSET", "ESCAPE", "SIMILAR", "TO",   "COLLATE", "RECURSIVE"};

// What may stand behind a column that happens to be called `format`, `settings`, `into`, …
constexpr std::array<std::string_view, 50> kAfterOperand = {
    "FROM",   "AS",     "IN",        "NOT",     "LIKE",   "ILIKE",  "REGEXP",   "BETWEEN", "IS",       "AND",
    "OR",     "XOR",    "ASC",       "DESC",    "WHERE",  "GROUP",  "PREWHERE", "ORDER",   "HAVING",   "LIMIT",
    "UNION",  "EXCEPT", "INTERSECT", "WITH",    "THEN",   "ELSE",   "WHEN",     "END",     "DIV",      "MOD",
    "GLOBAL", "NULLS",  "COLLATE",   "ON",      "USING",  "JOIN",   "LEFT",     "RIGHT",   "INNER",    "FULL",
    "CROSS",  "ARRAY",  "OVER",      "QUALIFY", "WINDOW", "OFFSET", "BY",       "FORMAT",  "SETTINGS", "FINAL"};

// Behind these, commas separate expressions, no longer tables. OFFSET and FETCH are missing on purpose: SAMPLE has an
// OFFSET too, and a table may be called FETCH.
constexpr std::array<std::string_view, 6> kEndsTables = {"WHERE", "PREWHERE", "HAVING", "QUALIFY", "WINDOW", "LIMIT"};
constexpr std::array<std::string_view, 6> kExplainKinds = {"AST", "SYNTAX", "PLAN", "PIPELINE", "ESTIMATE", "ANALYZE"};
constexpr std::array<std::string_view, 3> kSetOperations = {"UNION", "INTERSECT", "EXCEPT"};

template <size_t kSize>
bool IsOneOf(const Token& token, const std::array<std::string_view, kSize>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return token.Is(word); });
}

}  // namespace

Status QueryWalker::Word(Frame& frame) {
  const Token& word = cursor_.Current();
  if (word.Is("FROM")) return From(frame);
  if (word.Is("JOIN")) return Join(frame);
  if (word.Is("IN")) return In();
  if (word.Is("APPLY")) return Apply();
  if (AtSettingsClause()) return SettingsClause(frame);
  if (word.Is("FORMAT") && FollowedByName()) {
    return RefusedAt(word, "a FORMAT clause is not allowed",
                     "remove it: the tool chooses the format of the rows itself");
  }
  if (word.Is("INTO") && FollowedByName()) {
    return RefusedAt(word, "INTO OUTFILE would write a file", "remove it: the rows are in the result");
  }
  if (word.Is("PARALLEL") && cursor_.Next().Is("WITH")) {
    return RefusedAt(word, "PARALLEL WITH joins two statements", "send one statement at a time");
  }
  if (word.Is("INSERT") && FollowedByName()) {
    return RefusedAt(word, "INSERT writes", "this tool only reads; add rows with the typed insert tools (`insert.*`)");
  }
  NoteClause(frame);
  if (IsOneOf(word, kBeforeOperand)) {  // a bracket behind it holds an operand, not arguments
    cursor_.Advance();
    return Ok();
  }
  return Name(frame);
}

/// Updates the frame when the word at the cursor starts a clause of its query.
void QueryWalker::NoteClause(Frame& frame) const {
  const Token& word = cursor_.Current();
  const auto follows_operand = [&] { return FollowsOperand(cursor_.index()); };  // asked for few words only
  if (IsOneOf(word, kSetOperations) && AtSetOperation()) {
    const size_t next = cursor_.Next().Is("ALL") || cursor_.Next().Is("DISTINCT") ? 2 : 1;
    frame = Frame{};
    frame.query = !cursor_.Next(next).IsPunctuation("(");  // a bracket holds a query of its own
  } else if (word.Is("WITH") && frame.query && !frame.selected && !frame.from_seen) {
    frame.names_tables = true;
  } else if (word.Is("SELECT") && !frame.selected && !cursor_.Next().IsPunctuation(",")) {
    if ((frame.names_tables || frame.list == List::kTables) && !follows_operand()) return;
    frame.query = frame.selected = true;
    frame.names_tables = false;
    frame.list = List::kOther;
  } else if ((IsOneOf(word, kEndsTables) || cursor_.Next().Is("BY")) && follows_operand()) {
    if (word.Is("ORDER")) frame.order_seen = true;
    if (IsOneOf(word, kEndsTables) || word.Is("ORDER") || word.Is("GROUP")) frame.list = List::kOther;
  }
}

bool QueryWalker::AtSetOperation() const {
  const bool modified = cursor_.Next().Is("ALL") || cursor_.Next().Is("DISTINCT");
  return QueryStartsAt(cursor_.index() + (modified ? 2 : 1), true);
}

/// Whether the token before `index` ends an operand, so that a keyword at `index` is one and no name.
bool QueryWalker::FollowsOperand(size_t index) const {
  if (index == 0) return false;
  const Token& before = cursor_.At(index - 1);
  if (before.kind == TokenKind::kPunctuation) {
    return before.IsPunctuation(")") || before.IsPunctuation("]") || before.IsPunctuation("}");
  }
  const bool qualified = index > 1 && cursor_.At(index - 2).IsPunctuation(".");
  return qualified || !IsOneOf(before, kBeforeOperand);
}

bool QueryWalker::FollowedByName() const {
  return IsName(cursor_.Next()) && !IsOneOf(cursor_.Next(), kAfterOperand);
}

bool QueryWalker::AtSettingsClause() const {
  if (!cursor_.Is("SETTINGS")) return false;
  // FINAL, LIMIT and OFFSET are also the names of settings.
  const Token& next = cursor_.Next();
  const Token& value = cursor_.Next(2);
  const bool named = next.Is("FINAL") || next.Is("LIMIT") || next.Is("OFFSET");
  const bool setting = FollowedByName() || (named && value.kind == TokenKind::kPunctuation && value.text != "{");
  return setting || (IsName(next) && cursor_.Next(2).IsPunctuation("="));
}

/// Whether the FROM at the cursor belongs to an operator: IS [NOT] DISTINCT FROM, or ORDER BY … WITH FILL FROM.
bool QueryWalker::IsFromOperator(const Frame& frame) const {
  const size_t index = cursor_.index();
  if (index < 2) return false;
  const Token& before = cursor_.At(index - 1);
  if (before.Is("FILL")) return cursor_.At(index - 2).Is("WITH") && frame.from_seen && frame.order_seen;
  const size_t is = cursor_.At(index - 2).Is("NOT") && index > 2 ? index - 3 : index - 2;
  const bool possible =
      !frame.query || frame.from_seen;  // before a query's FROM, `is` can be a column, DISTINCT its alias
  return possible && before.Is("DISTINCT") && cursor_.At(is).Is("IS") && FollowsOperand(is);
}

Status QueryWalker::From(Frame& frame) {
  const bool clause = !frame.takes_from && !IsFromOperator(frame);
  cursor_.Advance();
  if (!clause) return Ok();
  frame.query = frame.from_seen = true;
  frame.names_tables = false;
  frame.list = List::kTables;
  return Table();
}

Status QueryWalker::Join(Frame& frame) {
  const bool of_array = cursor_.Previous().Is("ARRAY") && FollowsOperand(cursor_.index() - 1);
  cursor_.Advance();
  frame.list = of_array ? List::kArrayJoin : List::kTables;
  return of_array ? Ok() : Table();
}

/// The operand of IN: a list, a query, a function's value, or a table. A plus before it changes nothing.
Status QueryWalker::In() {
  cursor_.Advance();
  while (cursor_.TakePunctuation("+")) continue;
  Frame operand;
  operand.names_tables = true;
  if (cursor_.IsPunctuation("(")) return Bracket(operand);
  if (cursor_.IsPunctuation("{")) return Parameter(operand);
  // `in` may be a column and the next word a clause: only names that could be refused are taken here.
  const Token& token = cursor_.Current();
  const bool suspicious = token.kind == TokenKind::kQuotedIdentifier || IsSystemDatabase(Unquote(token));
  return IsName(token) && suspicious ? Name(operand) : Ok();
}

Status QueryWalker::SettingsClause(const Frame& frame) {
  if (frame.call)
    return RefusedAt(cursor_.Current(), "SETTINGS inside a function's arguments", "put it at the end of the query");
  do {
    cursor_.Advance();  // SETTINGS or a comma
    const Token& name = cursor_.Current();
    Result<Setting> setting = ReadSetting(cursor_);
    if (!setting) return setting.error();
    if (Status kept = Remember(name, std::move(setting->name), std::move(setting->value)); !kept) return kept;
  } while (cursor_.IsPunctuation(","));
  const Token& behind = cursor_.Current();
  const bool ends = cursor_.AtEnd() || behind.IsPunctuation(")") || behind.kind == TokenKind::kWord;
  return ends ? Ok()
              : Status(RefusedAt(behind, Shown(behind) + " cannot follow a setting's value",
                                 "write plain values, and SETTINGS at the end of the query"));
}

Status QueryWalker::Remember(const Token& token, std::string name, std::string value) {
  const auto same =
      std::find_if(settings_.begin(), settings_.end(), [&](const auto& known) { return known.first == name; });
  if (same == settings_.end()) {
    settings_.emplace_back(std::move(name), std::move(value));
  } else if (same->second != value) {
    return RefusedAt(token, "the setting `" + name + "` has two values in one statement",
                     "settings go with the whole request: give it one value, at the end of the statement");
  }
  return Ok();
}

Status QueryWalker::ExplainOptions() {
  if (cursor_.Is("QUERY") && cursor_.Next().Is("TREE")) {
    cursor_.Advance(2);
  } else if (IsOneOf(cursor_.Current(), kExplainKinds)) {
    cursor_.Advance();
  }
  while (IsName(cursor_.Current()) && cursor_.Next().IsPunctuation("=") && cursor_.Next(2).kind == TokenKind::kNumber) {
    cursor_.Advance(3);
    cursor_.TakePunctuation(",");
  }
  if (AtQuery()) return Ok();
  return RefusedAt(cursor_.Current(), "EXPLAIN of " + Shown(cursor_.Current()) + ", which is no query",
                   "explain a SELECT: EXPLAIN [AST | SYNTAX | QUERY TREE | PLAN | PIPELINE | ESTIMATE | ANALYZE] "
                   "[option = number, …] SELECT …");
}

}  // namespace chimera::sql
