#include "sql/token_cursor.h"

namespace chimera::sql {
namespace {

Error ErrorAt(ErrorCode code, const Token& token, std::string message, std::string hint) {
  Error error = MakeError(code, std::move(message), std::move(hint));
  error.position = token.offset;
  return error;
}

}  // namespace

Error RefusedAt(const Token& token, std::string message, std::string hint) {
  return ErrorAt(ErrorCode::kStatementRefused, token, std::move(message), std::move(hint));
}

Error SyntaxErrorAt(const Token& token, std::string message, std::string hint) {
  return ErrorAt(ErrorCode::kSyntaxError, token, std::move(message), std::move(hint));
}

std::string Shown(const Token& token) {
  constexpr size_t kMaxBytes = 60;
  if (token.text.empty()) return "the end";
  const bool quoted = token.kind == TokenKind::kQuotedIdentifier || token.kind == TokenKind::kString;
  if (quoted && token.text.size() <= kMaxBytes) return std::string(token.text);
  if (token.text.size() <= kMaxBytes) return "`" + std::string(token.text) + "`";
  size_t end = kMaxBytes;
  while (end > 0 && (static_cast<unsigned char>(token.text[end]) & 0xC0) == 0x80) --end;  // keeps the text UTF-8
  return "`" + std::string(token.text.substr(0, end)) + "…`";
}

}  // namespace chimera::sql
