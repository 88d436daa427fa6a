// A position in the tokens of one statement, for the read gate's parts. The tokens must outlive it; both ends may be
// looked past: there stands an empty token. Single-threaded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/lexer.h"

namespace chimera::sql {

class TokenCursor {
 public:
  TokenCursor(const std::vector<Token>& tokens, size_t sql_bytes)
      : tokens_(tokens), end_{TokenKind::kPunctuation, {}, sql_bytes} {}

  bool AtEnd() const { return index_ == tokens_.size(); }
  size_t index() const { return index_; }
  const Token& At(size_t index) const { return index < tokens_.size() ? tokens_[index] : end_; }
  const Token& Current() const { return At(index_); }
  const Token& Next(size_t steps = 1) const { return At(index_ + steps); }
  const Token& Previous() const { return index_ > 0 ? At(index_ - 1) : end_; }

  void Advance(size_t steps = 1) { index_ += steps; }
  /// Advances over `keyword` or `punctuation` if it stands here.
  bool Take(std::string_view keyword) { return Is(keyword) && (Advance(), true); }
  bool TakePunctuation(std::string_view text) { return IsPunctuation(text) && (Advance(), true); }

  bool Is(std::string_view keyword) const { return Current().Is(keyword); }
  bool IsPunctuation(std::string_view text) const { return Current().IsPunctuation(text); }

 private:
  const std::vector<Token>& tokens_;
  const Token end_;
  size_t index_ = 0;
};

/// Whether `token` can be a name: a bare word or a quoted identifier.
inline bool IsName(const Token& token) {
  return token.kind == TokenKind::kWord || token.kind == TokenKind::kQuotedIdentifier;
}

/// The gate's refusal at `token`.
Error RefusedAt(const Token& token, std::string message, std::string hint);
/// The same for text that is no SQL.
Error SyntaxErrorAt(const Token& token, std::string message, std::string hint);
/// `token` in quotes (its own, or backticks) for a message, shortened to 60 bytes; "the end" for the empty token.
std::string Shown(const Token& token);

}  // namespace chimera::sql
