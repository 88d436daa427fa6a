// Where the server's versions differ, or where a text is only nearly well formed, this lexer fails instead of guessing:
// the gate may then never see other tokens than the server does. Comments `/* */` nest, as on the server.
#include "sql/lexer.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace chimera::sql {
namespace {

constexpr std::string_view kSpaces = " \t\n\r\f\v";
constexpr std::array<std::string_view, 8> kLongPunctuation = {"<=>", "->", "==", "!=", "<=", "<>", ">=", "::"};
constexpr std::array<std::string_view, 2> kDoubledPunctuation = {"||", "@@"};
constexpr std::string_view kSinglePunctuation = "()[]{},.;:+-*/%=<>?|@^";
constexpr std::string_view kMinusSign = "\u2212";

// What the server skips besides ASCII white space. Not U+FEFF, which it skips too: a byte order mark is refused.
constexpr std::array<std::string_view, 23> kUnicodeSpaces = {"\u0085", "\u00a0", "\u180e", "\u2000", "\u2001", "\u2002",
                                                             "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
                                                             "\u2009", "\u200a", "\u200b", "\u200c", "\u200d", "\u2028",
                                                             "\u2029", "\u202f", "\u205f", "\u2060", "\u3000"};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsHexDigit(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool IsWordChar(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

Error ErrorAt(size_t position, std::string message, std::string hint) {
  Error error = MakeError(ErrorCode::kSyntaxError, std::move(message), std::move(hint));
  error.position = position;
  return error;
}

/// Requires that `text` is not valid UTF-8.
size_t FirstInvalidByte(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (!IsValidUtf8(text.substr(i, bytes))) return i;
    i += bytes;
  }
  return text.size();
}

/// One pass over the text. Each Skip… method advances `position_` behind what it recognises.
class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  Result<std::vector<Token>> Run() {
    tokens_.reserve(sql_.size() / 4 + 1);
    while (true) {
      if (Status skipped = SkipBlanks(); !skipped) return skipped.error();
      if (position_ == sql_.size()) return std::move(tokens_);
      const size_t begin = position_;
      Result<TokenKind> kind = SkipToken();
      if (!kind) return kind.error();
      tokens_.push_back({*kind, sql_.substr(begin, position_ - begin), begin});
    }
  }

 private:
  std::string_view Rest() const { return sql_.substr(position_); }
  /// The byte `ahead` of the position; NUL, which no SQL text holds, behind the end.
  char Peek(size_t ahead = 0) const { return position_ + ahead < sql_.size() ? sql_[position_ + ahead] : '\0'; }
  bool At(std::string_view text) const { return Rest().starts_with(text); }

  Status SkipBlanks();
  bool SkipSpace();
  bool AtLineComment() const;
  Status SkipBlockComment();
  Result<TokenKind> SkipToken();
  Result<TokenKind> SkipQuoted(TokenKind kind);
  Result<TokenKind> SkipTypographicQuoted(std::string_view closing, TokenKind kind);
  Result<TokenKind> SkipEncodedString();
  Result<TokenKind> SkipHeredoc();
  Result<TokenKind> SkipWord();
  Result<TokenKind> SkipNumber();
  Result<TokenKind> SkipPunctuation();
  bool AtHeredoc() const;
  bool AtEncodedString() const;
  bool AtFraction() const;
  bool PreviousIs(std::string_view punctuation) const;
  template <typename Predicate>
  size_t SkipDigits(Predicate is_digit);
  Error Unterminated(std::string_view what, std::string_view closing) const;

  std::string_view sql_;
  size_t position_ = 0;
  std::vector<Token> tokens_;
};

Error Lexer::Unterminated(std::string_view what, std::string_view closing) const {
  return ErrorAt(position_, "the " + std::string(what) + " that starts here is never closed",
                 "close it with " + std::string(closing));
}

Status Lexer::SkipBlanks() {
  while (position_ < sql_.size()) {
    if (SkipSpace()) continue;
    if (AtLineComment()) {
      position_ = std::min(sql_.find('\n', position_), sql_.size());
    } else if (At("/*")) {
      if (Status skipped = SkipBlockComment(); !skipped) return skipped;
    } else {
      break;
    }
  }
  return Ok();
}

bool Lexer::SkipSpace() {
  const size_t begin = position_;
  position_ = std::min(sql_.find_first_not_of(kSpaces, position_), sql_.size());
  if (static_cast<unsigned char>(Peek()) < 0x80) return position_ > begin;
  const auto space = std::find_if(kUnicodeSpaces.begin(), kUnicodeSpaces.end(), [&](auto text) { return At(text); });
  if (space != kUnicodeSpaces.end()) position_ += space->size();
  return position_ > begin;
}

bool Lexer::AtLineComment() const {
  return At("--") || At("//") || At("# ") || At("#!");
}

Status Lexer::SkipBlockComment() {
  size_t depth = 0;
  for (size_t i = position_; i + 1 < sql_.size();) {
    const std::string_view pair = sql_.substr(i, 2);
    if (pair != "/*" && pair != "*/") {
      ++i;
      continue;
    }
    i += 2;
    depth += pair == "/*" ? 1 : -1;
    if (depth == 0) {
      position_ = i;
      return Ok();
    }
  }
  return Unterminated("comment", "*/ (comments nest: every /* needs its own */)");
}

Result<TokenKind> Lexer::SkipToken() {
  if (Peek() == '\'') return SkipQuoted(TokenKind::kString);
  if (Peek() == '"' || Peek() == '`') return SkipQuoted(TokenKind::kQuotedIdentifier);
  if (At("\u2018")) return SkipTypographicQuoted("\u2019", TokenKind::kString);
  if (At("\u201c")) return SkipTypographicQuoted("\u201d", TokenKind::kQuotedIdentifier);
  if (AtHeredoc()) return SkipHeredoc();
  if (AtEncodedString()) return SkipEncodedString();
  if (IsDigit(Peek()) || AtFraction()) return SkipNumber();
  if (IsWordChar(Peek())) return SkipWord();
  return SkipPunctuation();
}

Result<TokenKind> Lexer::SkipQuoted(TokenKind kind) {
  const char quote = Peek();
  for (size_t i = position_ + 1; i < sql_.size(); ++i) {
    if (sql_[i] == '\\') {
      ++i;
    } else if (sql_[i] == quote) {
      if (i + 1 < sql_.size() && sql_[i + 1] == quote) {
        ++i;
        continue;
      }
      position_ = i + 1;
      return kind;
    }
  }
  const std::string_view what = kind == TokenKind::kString ? "string" : "quoted identifier";
  return Unterminated(what, std::string(1, quote) + "; inside, write it twice");
}

Result<TokenKind> Lexer::SkipTypographicQuoted(std::string_view closing, TokenKind kind) {
  const size_t end = sql_.find(closing, position_);
  if (end == std::string_view::npos) return Unterminated("typographic quote", "plain quotes at both ends: ' or \"");
  position_ = end + closing.size();
  return kind;
}

bool Lexer::AtEncodedString() const {
  return Peek(1) == '\'' && std::string_view("xXbB").find(Peek()) != std::string_view::npos;
}

Result<TokenKind> Lexer::SkipEncodedString() {
  const std::string_view digits = Peek() == 'b' || Peek() == 'B' ? "01" : "0123456789abcdefABCDEF";
  const size_t end = sql_.find_first_not_of(digits, position_ + 2);
  if (end == std::string_view::npos || sql_[end] != '\'') {
    return ErrorAt(position_, "this x'…' or b'…' string holds something else than digits",
                   "write hexadecimal or binary digits only, or put a space before a plain string");
  }
  position_ = end + 1;
  return TokenKind::kString;
}

bool Lexer::AtHeredoc() const {
  if (Peek() != '$') return false;
  const size_t end = std::find_if_not(sql_.begin() + position_ + 1, sql_.end(), IsWordChar) - sql_.begin();
  return end < sql_.size() && sql_[end] == '$';
}

// The server reads a `$tag$` without a second one as an identifier, and older ones allow any character in a tag. Names
// that start with `$` are refused: that cannot be misread and keeps this lexer linear.
Result<TokenKind> Lexer::SkipHeredoc() {
  const std::string_view tag = sql_.substr(position_, sql_.find('$', position_ + 1) + 1 - position_);
  const size_t end = sql_.find(tag, position_ + tag.size());
  if (end == std::string_view::npos) return Unterminated("heredoc", std::string(tag));
  position_ = end + tag.size();
  return TokenKind::kString;
}

Result<TokenKind> Lexer::SkipWord() {
  while (IsWordChar(Peek()) || Peek() == '$') ++position_;
  return TokenKind::kWord;
}

bool Lexer::PreviousIs(std::string_view punctuation) const {
  return !tokens_.empty() && tokens_.back().IsPunctuation(punctuation);
}

// `.5` is a number only where no name, number or bracket stands before it; there, the dot takes a tuple's element.
bool Lexer::AtFraction() const {
  if (Peek() != '.' || !IsDigit(Peek(1))) return false;
  if (tokens_.empty()) return true;
  const bool after_operator =
      tokens_.back().kind == TokenKind::kPunctuation || tokens_.back().kind == TokenKind::kString;
  return after_operator && !PreviousIs(")") && !PreviousIs("]");
}

/// Digits and the single underscores between them; returns how many characters.
template <typename Predicate>
size_t Lexer::SkipDigits(Predicate is_digit) {
  const size_t begin = position_;
  while (is_digit(Peek()) || (position_ > begin && Peek() == '_' && is_digit(Peek(1)))) ++position_;
  return position_ - begin;
}

Result<TokenKind> Lexer::SkipNumber() {
  const size_t begin = position_;
  const bool element = Peek() != '.' && PreviousIs(".");  // x.1.1 takes elements; it holds no number 1.1
  const bool hex = !element && (At("0x") || At("0X")) && IsHexDigit(Peek(2));
  const bool binary = !element && (At("0b") || At("0B")) && IsDigit(Peek(2));
  const auto is_digit = hex ? IsHexDigit : IsDigit;
  if (hex || binary) position_ += 2;
  SkipDigits(is_digit);
  bool complete = true;
  if (!element && Peek() == '.') {
    ++position_;
    SkipDigits(is_digit);
  }
  if (!element && (hex ? (Peek() == 'p' || Peek() == 'P') : (Peek() == 'e' || Peek() == 'E'))) {
    ++position_;
    if (Peek() == '+' || Peek() == '-') ++position_;
    complete = SkipDigits(IsDigit) > 0;
  }
  while (IsWordChar(Peek())) {
    ++position_;
    complete = false;
  }
  if (Peek() != '$' && complete) return TokenKind::kNumber;
  // An identifier may start with a digit: 1st_quarter.
  const std::string_view text = sql_.substr(begin, position_ - begin);
  if (Peek() != '$' && std::all_of(text.begin(), text.end(), IsWordChar)) return TokenKind::kWord;
  return ErrorAt(begin, "`" + std::string(text) + "` is not a number",
                 "put a space behind the number, or quote the name");
}

Result<TokenKind> Lexer::SkipPunctuation() {
  const auto is_here = [&](std::string_view text) { return At(text); };
  const auto* longer = std::find_if(kLongPunctuation.begin(), kLongPunctuation.end(), is_here);
  const auto* doubled = std::find_if(kDoubledPunctuation.begin(), kDoubledPunctuation.end(), is_here);
  if (longer != kLongPunctuation.end()) {
    position_ += longer->size();
  } else if (doubled != kDoubledPunctuation.end()) {
    position_ += doubled->size();
  } else if (At(kMinusSign)) {
    position_ += kMinusSign.size();
  } else if (kSinglePunctuation.find(Peek()) != std::string_view::npos) {
    ++position_;
  } else {
    return ErrorAt(position_, "unexpected character at byte " + std::to_string(position_) + " of the SQL",
                   "outside strings and quoted identifiers write plain ASCII SQL: quote other names with `…`");
  }
  return TokenKind::kPunctuation;
}

}  // namespace

Result<std::vector<Token>> Tokenize(std::string_view sql) {
  if (const size_t nul = sql.find('\0'); nul != std::string_view::npos) {
    return ErrorAt(nul, "the SQL holds a NUL byte", "remove it; in a string write \\0");
  }
  if (!IsValidUtf8(sql)) return ErrorAt(FirstInvalidByte(sql), "the SQL is not valid UTF-8", "send it as UTF-8");
  return Lexer(sql).Run();
}

Result<std::vector<std::string>> SplitStatements(std::string_view script) {
  Result<std::vector<Token>> tokens = Tokenize(script);
  if (!tokens) return tokens.error();
  std::vector<std::string> statements;
  size_t begin = 0;
  bool empty = true;
  for (const Token& token : *tokens) {
    if (!token.IsPunctuation(";")) {
      empty = false;
      continue;
    }
    if (!empty) statements.emplace_back(Trim(script.substr(begin, token.offset - begin)));
    begin = token.offset + 1;
    empty = true;
  }
  if (!empty) statements.emplace_back(Trim(script.substr(begin)));
  return statements;
}

}  // namespace chimera::sql
