// ClickHouse's lexical rules: splits SQL text into tokens. Used by the read gate, the migration splitter and the
// engine's front. It knows words and punctuation, no grammar. Pure functions; linear in the length of the text.
//
// Rules follow ClickHouse's own lexer (src/Parsers/Lexer.cpp, 26.7): comments `-- …`, `// …`, `# …`/`#! …` to the end
// of the line, `/* … */` (see lexer.cpp on nesting); strings '…' with \ escapes and ''; quoted identifiers "…" and `…`;
// heredocs $tag$ … $tag$; numbers with underscores, hex, binary, exponents; Unicode dashes and quotes as the server
// treats them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace chimera::sql {

enum class TokenKind {
  kWord,              ///< bare word: keyword or identifier
  kQuotedIdentifier,  ///< "…" or `…`, with its quotes
  kString,            ///< '…' or a heredoc, with its delimiters
  kNumber,
  kPunctuation,  ///< one operator or bracket: ( ) [ ] { } , . ; :: -> …
};

struct Token {
  TokenKind kind;
  std::string_view text;  ///< a slice of the tokenized SQL
  size_t offset;          ///< byte offset in the SQL, from 0

  /// Case-insensitive comparison of a bare word with an upper-case keyword; false for every other kind.
  bool Is(std::string_view keyword) const;
  /// Exact comparison of punctuation.
  bool IsPunctuation(std::string_view expected) const;
};

// In the header, because the gate asks each token some fifty times and most answers are known after one byte.
inline bool Token::Is(std::string_view keyword) const {
  if (kind != TokenKind::kWord || text.size() != keyword.size()) return false;
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; };
  for (size_t i = 0; i < text.size(); ++i) {
    if (upper(text[i]) != keyword[i]) return false;
  }
  return true;
}

inline bool Token::IsPunctuation(std::string_view expected) const {
  if (kind != TokenKind::kPunctuation || text.size() != expected.size()) return false;
  return text.front() == expected.front() && (text.size() == 1 || text == expected);
}

/// The significant tokens (no white space, no comments), slices of `sql`, which must outlive them. Fails with
/// kSyntaxError and `position` on an unterminated string, comment or quote, a NUL byte, or invalid UTF-8.
Result<std::vector<Token>> Tokenize(std::string_view sql);

/// The value of a quoted identifier or string token: quotes removed, escapes resolved; a bare word as it is.
std::string Unquote(const Token& token);

/// `name` as a backtick-quoted identifier, safe for every byte sequence.
std::string QuoteIdentifier(std::string_view name);
/// `text` as a single-quoted SQL string.
std::string QuoteString(std::string_view text);

/// Splits a script at top-level semicolons; comments stay with the statement that follows them; empty statements
/// vanish.
Result<std::vector<std::string>> SplitStatements(std::string_view script);

}  // namespace chimera::sql
