#include "sql/show_statement.h"

#include <algorithm>
#include <array>

#include "sql/read_gate.h"

namespace chimera::sql {
namespace {

constexpr std::array<std::string_view, 4> kCreated = {"TABLE", "VIEW", "DICTIONARY", "DATABASE"};
constexpr std::array<std::string_view, 4> kModifiers = {"EXTENDED", "FULL", "CHANGED", "TEMPORARY"};
constexpr std::array<std::string_view, 14> kLists = {"TABLES",   "DATABASES", "DICTIONARIES", "COLUMNS", "FIELDS",
                                                     "INDEX",    "INDEXES",   "INDICES",      "KEYS",    "FUNCTIONS",
                                                     "SETTINGS", "ENGINES",   "CLUSTERS",     "MERGES"};

template <size_t kSize>
bool IsOneOf(const Token& token, const std::array<std::string_view, kSize>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return token.Is(word); });
}

template <size_t kSize>
bool TakeOneOf(TokenCursor& cursor, const std::array<std::string_view, kSize>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return cursor.Take(word); });
}

Error NotShown(const Token& token) {
  return RefusedAt(token, "SHOW of " + Shown(token) + " is not allowed here",
                   "SHOW TABLES, DATABASES, DICTIONARIES, COLUMNS, INDEX, FUNCTIONS, SETTINGS, SETTING name, ENGINES, "
                   "CLUSTERS, MERGES, or "
                   "CREATE TABLE | VIEW | DICTIONARY | DATABASE name");
}

Status CheckCreate(TokenCursor& cursor, QueryWalker& walker) {
  cursor.Take("TEMPORARY");
  const bool qualified = IsName(cursor.Current()) && cursor.Next().IsPunctuation(".");  // without TABLE
  if (!qualified && !TakeOneOf(cursor, kCreated)) return NotShown(cursor.Current());
  return walker.TableName();
}

/// LIKE 'pattern' and its relatives; false if none stands here.
bool TakePattern(TokenCursor& cursor) {
  const size_t negated = cursor.Is("NOT") ? 1 : 0;
  const bool like = cursor.Next(negated).Is("LIKE") || cursor.Next(negated).Is("ILIKE");
  if (!like || cursor.Next(negated + 1).kind != TokenKind::kString) return false;
  cursor.Advance(negated + 2);
  return true;
}

bool TakeLimit(TokenCursor& cursor) {
  if (!cursor.Is("LIMIT") || cursor.Next().kind != TokenKind::kNumber) return false;
  cursor.Advance(2);
  return true;
}

}  // namespace

Status CheckShow(TokenCursor& cursor, QueryWalker& walker) {
  cursor.Advance();
  const bool create = cursor.Take("CREATE");
  if (create || (IsOneOf(cursor.Current(), kCreated) && IsName(cursor.Next()))) {
    if (Status created = CheckCreate(cursor, walker); !created) return created;
  } else if (cursor.Is("SETTING") && IsName(cursor.Next())) {
    cursor.Advance(2);
  } else {
    const Token& first = cursor.Current();
    while (TakeOneOf(cursor, kModifiers)) continue;
    if (!TakeOneOf(cursor, kLists)) return NotShown(cursor.AtEnd() ? first : cursor.Current());
  }
  const Token* named = nullptr;
  while (!cursor.AtEnd()) {
    if (cursor.Take("FROM") || cursor.Take("IN")) {
      const Token& name = cursor.Current();
      if (Status allowed = walker.TableName(); !allowed) return allowed;
      if (named) {  // SHOW COLUMNS FROM table FROM database
        if (Status readable = CheckTable(Unquote(name), Unquote(*named)); !readable) {
          return RefusedAt(*named, readable.error().message, readable.error().hint);
        }
      }
      named = &name;
    } else if (cursor.Is("WHERE") || cursor.Is("SETTINGS") || cursor.Is("FORMAT") || cursor.Is("INTO")) {
      return walker.Rest();
    } else if (!TakePattern(cursor) && !TakeLimit(cursor)) {
      return RefusedAt(cursor.Current(), Shown(cursor.Current()) + " is not expected here",
                       "SHOW takes FROM database, LIKE 'pattern', WHERE condition and LIMIT number");
    }
  }
  return Ok();
}

}  // namespace chimera::sql
