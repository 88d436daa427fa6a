// The two directions of quoting, declared in sql/lexer.h: a token's value, and a value as a token.
#include <cctype>

#include "sql/lexer.h"

namespace chimera::sql {
namespace {

constexpr std::string_view kTypographicOpeners[] = {"\u2018", "\u201c"};
constexpr size_t kTypographicQuoteBytes = 3;

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// What `\c` stands for; `c` itself when it is no escape of its own.
char Unescaped(char c) {
  constexpr std::string_view kLetters = "abefnrtv0";
  constexpr std::string_view kValues("\a\b\x1b\f\n\r\t\v\0", 9);
  const size_t index = kLetters.find(c);
  return index == std::string_view::npos ? c : kValues[index];
}

/// Appends the value of the escape at `body[i]` (a backslash) and returns the index behind it.
size_t AppendEscape(std::string_view body, size_t i, std::string& value) {
  if (i + 1 == body.size()) {
    value += '\\';
    return i + 1;
  }
  const char letter = body[i + 1];
  if (letter == 'N') return i + 2;  // the server's spelling of NULL: nothing
  if (letter == 'x' && i + 3 < body.size() && HexValue(body[i + 2]) >= 0 && HexValue(body[i + 3]) >= 0) {
    value += static_cast<char>(HexValue(body[i + 2]) * 16 + HexValue(body[i + 3]));
    return i + 4;
  }
  // The server keeps the backslash of what it does not know, so that LIKE patterns can write \% plainly.
  const char plain = Unescaped(letter);
  if (plain == letter && std::string_view("\\`\"'/=").find(letter) == std::string_view::npos) value += '\\';
  value += plain;
  return i + 2;
}

std::string Unescape(std::string_view body, char quote) {
  std::string value;
  value.reserve(body.size());
  for (size_t i = 0; i < body.size();) {
    if (body[i] == '\\') {
      i = AppendEscape(body, i, value);
    } else {
      value += body[i];
      i += body[i] == quote ? 2 : 1;  // a quote inside is always doubled
    }
  }
  return value;
}

/// x'4142' and b'01000001': digits grouped into bytes from the right.
std::string DecodeDigits(std::string_view digits, size_t digits_per_byte) {
  std::string value;
  int byte = 0;
  for (size_t i = 0; i < digits.size(); ++i) {
    byte = byte * (digits_per_byte == 2 ? 16 : 2) + HexValue(digits[i]);
    if ((digits.size() - i - 1) % digits_per_byte != 0) continue;
    value += static_cast<char>(byte);
    byte = 0;
  }
  return value;
}

std::string Quote(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == '\0') {
      quoted += "\\0";
      continue;
    }
    if (c == quote || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted += quote;
}

}  // namespace

std::string Unquote(const Token& token) {
  const std::string_view text = token.text;
  if (token.kind != TokenKind::kString && token.kind != TokenKind::kQuotedIdentifier) return std::string(text);
  for (const std::string_view opener : kTypographicOpeners) {
    if (text.starts_with(opener)) {
      return std::string(text.substr(kTypographicQuoteBytes, text.size() - 2 * kTypographicQuoteBytes));
    }
  }
  if (text.front() == '$') {
    const size_t tag = text.find('$', 1) + 1;
    return std::string(text.substr(tag, text.size() - 2 * tag));
  }
  if (token.kind == TokenKind::kString && text.front() != '\'') {
    const bool hex = text.front() == 'x' || text.front() == 'X';
    return DecodeDigits(text.substr(2, text.size() - 3), hex ? 2 : 8);
  }
  return Unescape(text.substr(1, text.size() - 2), text.front());
}

std::string QuoteIdentifier(std::string_view name) {
  return Quote(name, '`');
}
std::string QuoteString(std::string_view text) {
  return Quote(text, '\'');
}

}  // namespace chimera::sql
