#include "schema/placeholders.h"

#include "base/text.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

using sql::Token;
using sql::TokenKind;

bool StartsPlaceholder(const std::vector<Token>& tokens, size_t i) {
  return i + 2 < tokens.size() && tokens[i].IsPunctuation("{") && tokens[i + 1].kind == TokenKind::kWord &&
         tokens[i + 2].IsPunctuation(":");
}

}  // namespace

Result<std::vector<Placeholder>> FindPlaceholders(std::string_view sql) {
  Result<std::vector<Token>> tokens = sql::Tokenize(sql);
  if (!tokens) return tokens.error();
  std::vector<Placeholder> found;
  for (size_t i = 0; i < tokens->size(); ++i) {
    if (!StartsPlaceholder(*tokens, i)) continue;
    const size_t type_begin = (*tokens)[i + 2].offset + 1;
    size_t end = i + 3;
    while (end < tokens->size() && !(*tokens)[end].IsPunctuation("}")) ++end;
    if (end == tokens->size()) {
      Error error = MakeError(ErrorCode::kSyntaxError, "a placeholder is not closed with }");
      error.position = (*tokens)[i].offset;
      return error;
    }
    const size_t type_bytes = (*tokens)[end].offset - type_begin;
    found.push_back({std::string((*tokens)[i + 1].text), std::string(Trim(sql.substr(type_begin, type_bytes))),
                     (*tokens)[i].offset});
    i = end;
  }
  return found;
}

}  // namespace chimera::schema
