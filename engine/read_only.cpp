#include "engine/read_only.h"

#include <optional>
#include <string>
#include <vector>

#include "engine/exception.h"
#include "sql/lexer.h"

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

/// arrayMap(file, …): a name may stand for a lambda, which is always the first argument. Columns stand there, too, but
/// not in functions of these names.
bool TakesLambda(const Token& function) {
  const std::string name = sql::Unquote(function);
  return name.starts_with("array") || name.starts_with("map");
}

bool IsCall(const Tokens& tokens, size_t i) {
  if (IsOpen(tokens, i + 1)) return true;
  if (i > 0 && tokens[i - 1].Is("APPLY")) return true;
  if (i < 2 || !tokens[i - 1].IsPunctuation("(")) return false;
  return tokens[i - 2].Is("APPLY") || (IsName(tokens[i - 2]) && TakesLambda(tokens[i - 2]));
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
