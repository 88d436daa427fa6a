#include "engine/read_only.h"

#include <optional>
#include <string>
#include <vector>

#include "engine/exception.h"
#include "sql/lexer.h"
#include "sql/name_policy.h"

namespace chimera::engine {
namespace {

using sql::Token;
using Tokens = std::vector<Token>;

const Pairs kNoParameters;

bool IsName(const Token& token) {
  return token.kind == sql::TokenKind::kWord || token.kind == sql::TokenKind::kQuotedIdentifier;
}

bool IsOpen(const Tokens& tokens, size_t i) {
  return i < tokens.size() && tokens[i].IsPunctuation("(");
}

/// arrayMap(file, …): a name may stand for a lambda, as the first of several arguments of some functions. Brackets, a
/// plus and ALL before it change nothing.
bool StandsForLambda(const Tokens& tokens, size_t i) {
  size_t end = i + 1;
  while (i > 0 && (tokens[i - 1].IsPunctuation("+") || tokens[i - 1].Is("ALL") || IsOpen(tokens, i - 1))) {
    --i;
    if (!IsOpen(tokens, i)) continue;
    const bool more = end < tokens.size() && (tokens[end].IsPunctuation(",") || tokens[end].Is("AS"));
    if (i > 0 && IsName(tokens[i - 1]) && sql::IsHigherOrder(sql::Unquote(tokens[i - 1]))) return more;
    if (end < tokens.size() && tokens[end].IsPunctuation(")")) ++end;
  }
  return false;
}

bool IsApplied(const Tokens& tokens, size_t i) {
  while (i > 0 && IsOpen(tokens, i - 1)) --i;
  return i > 0 && tokens[i - 1].Is("APPLY");
}

bool IsCall(const Tokens& tokens, size_t i) {
  return IsOpen(tokens, i + 1) || IsApplied(tokens, i) || StandsForLambda(tokens, i);
}

/// The exception of the parser itself, with the position; nothing when it reads the text.
std::optional<Error> ParserError(chdb::Connection& connection, std::string_view sql) {
  const std::string question = "SELECT formatQuery(" + sql::QuoteString(sql) + ")";
  const chdb::Block block = connection.Query({question, "Null", kNoParameters});
  if (block.Exception().empty()) return std::nullopt;
  const std::string_view text = block.Exception();
  if (ParseException(text).database_code != kSyntaxError.code) return std::nullopt;
  const size_t begin = text.find("Syntax error");
  if (begin == std::string_view::npos) return ParseException(text);
  return Exception(kSyntaxError, text.substr(begin, text.find(": In scope SELECT formatQuery(", begin) - begin));
}

bool ChangesConnection(const Tokens& tokens) {
  if (tokens.size() < 2 || tokens[1].Is("ROLE") || tokens[1].Is("DEFAULT")) return false;
  return tokens[0].Is("USE") || tokens[0].Is("SET");
}

}  // namespace

bool CallsFile(std::string_view sql) {
  const auto tokens = sql::Tokenize(sql);
  if (!tokens) return false;
  for (size_t i = 0; i < tokens->size(); ++i) {
    if (IsName((*tokens)[i]) && IsCall(*tokens, i) && sql::Unquote((*tokens)[i]) == "file") return true;
  }
  return false;
}

Status MayRead(chdb::Connection& connection, std::string_view sql) {
  if (CallsFile(sql))
    return Exception(kAccessDenied, "file() is refused in readonly mode: the engine opens no files for a statement.");
  const chdb::Classification found = connection.Classify(sql);
  if (found.count == 1 && found.kind == chdb::StatementKind::kReads) return Ok();
  if (found.count == 0) {
    if (auto error = ParserError(connection, sql)) return *std::move(error);
  }
  const auto tokens = sql::Tokenize(sql);
  if (found.count == 1 && found.kind == chdb::StatementKind::kControls && tokens && ChangesConnection(*tokens))
    return Ok();
  return Exception(kReadonly,
                   "Cannot execute query in readonly mode: it is not one statement that reads. Send a "
                   "SELECT, SHOW, DESCRIBE, EXISTS or EXPLAIN, alone.");
}

}  // namespace chimera::engine
