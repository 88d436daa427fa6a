#include "sql/read_gate.h"

#include <algorithm>
#include <array>

#include "sql/lexer.h"
#include "sql/name_policy.h"
#include "sql/query_walker.h"
#include "sql/show_statement.h"
#include "sql/token_cursor.h"

namespace chimera::sql {
namespace {

constexpr std::string_view kInsertHint = "this tool only reads; add rows with the typed insert tools (`insert.*`)";
constexpr std::string_view kReadHint =
    "send one SELECT, WITH … SELECT, EXPLAIN, SHOW, DESCRIBE or EXISTS; rows are added with the typed insert tools "
    "(`insert.*`)";

Status CheckEnd(TokenCursor& cursor, QueryWalker& walker) {
  if (cursor.AtEnd()) return Ok();
  if (cursor.Is("SETTINGS") || cursor.Is("FORMAT") || cursor.Is("INTO")) return walker.Rest();
  return RefusedAt(cursor.Current(), Shown(cursor.Current()) + " is not expected here", "end the statement before it");
}

Status CheckQuery(TokenCursor&, QueryWalker& walker) {
  return walker.Rest();
}

Status CheckExplain(TokenCursor& cursor, QueryWalker& walker) {
  cursor.Advance();
  if (Status options = walker.ExplainOptions(); !options) return options;
  return walker.Rest();
}

Status CheckDescribe(TokenCursor& cursor, QueryWalker& walker) {
  cursor.Advance();
  if (cursor.Is("TABLE") && !cursor.Next().text.empty()) cursor.Advance();
  if (cursor.Is("SELECT") || cursor.Is("WITH")) return walker.Rest();
  if (Status table = walker.Table(); !table) return table;
  return CheckEnd(cursor, walker);
}

Status CheckExists(TokenCursor& cursor, QueryWalker& walker) {
  constexpr std::array<std::string_view, 5> kObjects = {"TEMPORARY", "TABLE", "VIEW", "DICTIONARY", "DATABASE"};
  cursor.Advance();
  for (const std::string_view object : kObjects) {
    if (IsName(cursor.Next())) cursor.Take(object);
  }
  if (Status name = walker.TableName(); !name) return name;
  return CheckEnd(cursor, walker);
}

struct Statement {
  std::string_view verb;
  std::string_view kind;
  Status (*check)(TokenCursor&, QueryWalker&);
};

constexpr std::array kStatements = {
    Statement{"SELECT", "SELECT", CheckQuery},        Statement{"WITH", "SELECT", CheckQuery},
    Statement{"FROM", "SELECT", CheckQuery},          Statement{"EXPLAIN", "EXPLAIN", CheckExplain},
    Statement{"DESCRIBE", "DESCRIBE", CheckDescribe}, Statement{"DESC", "DESCRIBE", CheckDescribe},
    Statement{"EXISTS", "EXISTS", CheckExists},       Statement{"SHOW", "SHOW", CheckShow},
};

/// The form of the statement at the cursor, or why there is none.
Result<Statement> FindStatement(const TokenCursor& cursor, const QueryWalker& walker) {
  const Token& first = cursor.Current();
  if (first.IsPunctuation("(") && walker.AtQuery()) return kStatements.front();
  const auto* found =
      std::find_if(kStatements.begin(), kStatements.end(), [&](const Statement& s) { return first.Is(s.verb); });
  if (found != kStatements.end()) return *found;
  if (first.Is("INSERT")) return RefusedAt(first, "INSERT writes", std::string(kInsertHint));
  if (first.Is("SET")) {
    return RefusedAt(first, "SET would change the session",
                     "append harmless settings to the query: … SETTINGS max_threads = 4");
  }
  if (first.Is("USE"))
    return RefusedAt(first, "USE would change the session", "name tables with their database: database.table");
  return RefusedAt(first, "a statement that starts with " + Shown(first) + " is not known to only read",
                   std::string(kReadHint));
}

/// Removes the semicolons at the end; fails unless one statement remains.
Status KeepOneStatement(std::vector<Token>& tokens) {
  const auto is_semicolon = [](const Token& token) { return token.IsPunctuation(";"); };
  while (!tokens.empty() && is_semicolon(tokens.back())) tokens.pop_back();
  if (tokens.empty()) {
    return SyntaxErrorAt(Token{TokenKind::kPunctuation, {}, 0}, "the SQL holds no statement",
                         "send one SELECT, for example: SELECT 1");
  }
  const auto first = std::find_if(tokens.begin(), tokens.end(), is_semicolon);
  if (first == tokens.end()) return Ok();
  if (first == tokens.begin()) return SyntaxErrorAt(*first, "the SQL starts with a semicolon", "remove it");
  const Token& second = *std::find_if_not(first, tokens.end(), is_semicolon);
  return RefusedAt(second, "the SQL holds more than one statement",
                   "send the first alone, then the next one in a call of its own");
}

}  // namespace

Result<ReadStatement> CheckRead(std::string_view sql, const ReadPolicy& policy) {
  if (sql.size() > kMaxStatementBytes) {
    return MakeError(
        ErrorCode::kTooLarge,
        "the SQL has " + std::to_string(sql.size()) + " bytes; the limit is " + std::to_string(kMaxStatementBytes),
        "select long lists of values by a subquery instead of writing them out");
  }
  Result<std::vector<Token>> tokens = Tokenize(sql);
  if (!tokens) return tokens.error();
  if (Status one = KeepOneStatement(*tokens); !one) return one.error();
  TokenCursor cursor(*tokens, sql.size());
  QueryWalker walker(cursor, policy);
  Result<Statement> statement = FindStatement(cursor, walker);
  if (!statement) return statement.error();
  if (Status checked = statement->check(cursor, walker); !checked) return checked.error();
  auto shown = FindProtected(*tokens, policy.protected_columns);
  if (!shown) return shown.error();
  const Token& last = tokens->back();
  return ReadStatement{std::string(sql.substr(0, last.offset + last.text.size())), std::string(statement->kind),
                       walker.TakeSettings(), *std::move(shown)};
}

Status CheckTable(std::string_view database, std::string_view table) {
  if (!IsSystemDatabase(database) || IsReadableSystemTable(database, table)) return Ok();
  return MakeError(ErrorCode::kStatementRefused,
                   "the system table `" + std::string(database) + "." + std::string(table) + "` is not readable",
                   "of `system`, read " + std::string(ReadableSystemTables()));
}

}  // namespace chimera::sql
