#include "engine/statement.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include "engine/exception.h"
#include "sql/lexer.h"

namespace chimera::engine {
namespace {

using sql::Token;
using Tokens = std::vector<Token>;

constexpr size_t kMaxHeadCandidates = 64;

bool IsWordChar(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool IsAny(const Token& token, std::initializer_list<std::string_view> keywords) {
  return std::ranges::any_of(keywords, [&](std::string_view keyword) { return token.Is(keyword); });
}

/// The first whole word of `text` from `begin` on that is `word`, in any case.
size_t FindWord(std::string_view text, std::string_view word, size_t begin) {
  const auto same = [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 32 : a) == b; };
  for (auto from = text.begin() + static_cast<ptrdiff_t>(begin);;) {
    const auto found = std::search(from, text.end(), word.begin(), word.end(), same);
    if (found == text.end()) return std::string_view::npos;
    const auto at = static_cast<size_t>(found - text.begin());
    const size_t end = at + word.size();
    const bool starts = at == 0 || !IsWordChar(text[at - 1]);
    if (starts && (end == text.size() || !IsWordChar(text[end]))) return at;
    from = found + 1;
  }
}

/// Whether the tokens before a FORMAT or VALUES are those of an INSERT that takes data: no brackets open, no SELECT,
/// and the word is not the name of the table.
bool IsDataInsert(const Tokens& tokens) {
  if (tokens.size() < 3 || !tokens.front().Is("INSERT")) return false;
  if (IsAny(tokens.back(), {"INTO", "TABLE", "FUNCTION"}) || tokens.back().IsPunctuation(".")) return false;
  int depth = 0;
  for (const Token& token : tokens) {
    if (token.IsPunctuation("(")) ++depth;
    if (token.IsPunctuation(")")) --depth;
    if (token.IsPunctuation(";")) return false;
    if (depth == 0 && IsAny(token, {"SELECT", "WITH", "FROM"})) return false;
  }
  return depth == 0;
}

/// As ClickHouse does: blanks behind the format's name up to and with one line feed are not data.
size_t SkipToData(std::string_view text, size_t position) {
  while (position < text.size() && text[position] != '\n' && (IsBlank(text[position]) || text[position] == ';'))
    ++position;
  return position < text.size() && text[position] == '\n' ? position + 1 : position;
}

/// The name behind FORMAT; empty when it is not there whole.
std::string_view FormatName(std::string_view text, size_t position) {
  while (position < text.size() && IsBlank(text[position])) ++position;
  size_t end = position;
  while (end < text.size() && IsWordChar(text[end])) ++end;
  return text.substr(position, end - position);
}

std::optional<InsertHead> HeadAt(std::string_view text, size_t position, std::string_view keyword) {
  const std::string_view before = text.substr(0, position);
  const auto tokens = sql::Tokenize(before);
  if (!tokens || !IsDataInsert(*tokens)) return std::nullopt;
  const size_t behind = position + keyword.size();
  if (keyword == "VALUES") return InsertHead{std::string(before), "Values", behind};
  const std::string_view name = FormatName(text, behind);
  if (name.empty()) return std::nullopt;
  const auto end = static_cast<size_t>(name.data() + name.size() - text.data());
  return InsertHead{std::string(before), std::string(name), SkipToData(text, end)};
}

/// Checks the tokens of a whole statement and fills what the front must know of it.
class Reader {
 public:
  explicit Reader(const Tokens& tokens) : tokens_(tokens) {}

  Result<Statement> Run() {
    if (Status refused = Refused(); !refused) return refused.error();
    ReadRoute();
    ReadClauses();
    if (At(0).Is("KILL")) return ReadKill();
    return statement_;
  }

 private:
  /// Token `i`, or a token that is nothing behind the end.
  const Token& At(size_t i) const {
    static constexpr Token kNone{sql::TokenKind::kPunctuation, "", 0};
    return i < tokens_.size() ? tokens_[i] : kNone;
  }
  Status Refused() const;
  void ReadRoute();
  void ReadClauses();
  Result<Statement> ReadKill();

  const Tokens& tokens_;
  Statement statement_;
};

// What is refused here reaches outside the database or ends the process: SYSTEM KILL signals the whole process group.
Status Reader::Refused() const {
  for (size_t i = 0; i + 2 < tokens_.size(); ++i) {
    const bool file = (At(i).Is("INTO") && At(i + 1).Is("OUTFILE")) || (At(i).Is("FROM") && At(i + 1).Is("INFILE"));
    if (file && At(i + 2).kind == sql::TokenKind::kString) {
      return Exception(kAccessDenied,
                       "INTO OUTFILE and FROM INFILE are refused: the engine opens no files for a "
                       "statement. Read the result from the response, send the data in the body.");
    }
  }
  if (!At(0).Is("SYSTEM")) return Ok();
  const bool harmless = (At(1).Is("FLUSH") && IsAny(At(2), {"LOGS", "ASYNC"})) ||
                        (IsAny(At(1), {"START", "STOP"}) && IsAny(At(2), {"MERGES", "TTL"}));
  if (harmless) return Ok();
  return Exception(kAccessDenied,
                   "Of SYSTEM the engine runs FLUSH LOGS, FLUSH ASYNC INSERT QUEUE, START and STOP "
                   "MERGES and START and STOP TTL MERGES only.");
}

void Reader::ReadRoute() {
  size_t first = 0;
  while (At(first).IsPunctuation("(")) ++first;
  const Token& verb = At(first);
  const bool selects = IsAny(verb, {"SELECT", "WITH", "FROM"});
  const bool inserts = std::ranges::any_of(tokens_, [](const Token& token) { return token.Is("INSERT"); });
  // WITH … INSERT writes. A column called `insert` only costs its query the streaming.
  if (selects && !inserts) statement_.route = Route::kSelect;
  statement_.reads_only = statement_.route == Route::kSelect ||
                          (!inserts && IsAny(verb, {"SHOW", "DESCRIBE", "DESC", "EXISTS", "EXPLAIN", "CHECK"}));
}

void Reader::ReadClauses() {
  int depth = 0;
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (At(i).IsPunctuation("(")) ++depth;
    if (At(i).IsPunctuation(")")) --depth;
    const bool named = At(i + 1).kind == sql::TokenKind::kWord || At(i + 1).kind == sql::TokenKind::kQuotedIdentifier;
    if (depth == 0 && i > 0 && At(i).Is("FORMAT") && named) statement_.format = sql::Unquote(At(i + 1));
    if (IsAny(At(i), {"TOTALS", "EXTREMES", "OUTPUT_FORMAT_JSON_ARRAY_OF_ROWS"})) statement_.framed = true;
  }
}

// KILL QUERY WHERE query_id = '…' [SYNC | ASYNC | TEST] [FORMAT …]
Result<Statement> Reader::ReadKill() {
  const bool ours = At(1).Is("QUERY") && At(2).Is("WHERE") && At(3).Is("QUERY_ID") && At(4).IsPunctuation("=") &&
                    At(5).kind == sql::TokenKind::kString;
  size_t end = 6;
  if (IsAny(At(end), {"SYNC", "ASYNC", "TEST"})) statement_.kill_is_test = At(end++).Is("TEST");
  if (At(end).Is("FORMAT")) end += 2;
  if (!ours || end != tokens_.size()) {
    return Exception(kNotImplemented,
                     "Of KILL the engine runs KILL QUERY WHERE query_id = '…' [SYNC|ASYNC|TEST] only, "
                     "with one query_id between quotes.");
  }
  statement_.route = Route::kKillQuery;
  statement_.killed_query_id = sql::Unquote(At(5));
  return statement_;
}

Error SyntaxError(const Token& token, std::string_view why) {
  return Exception(kSyntaxError, "Syntax error" + std::string(why) + ": failed at position " +
                                     std::to_string(token.offset + 1) + " (" + std::string(token.text) + ").");
}

/// Removes trailing semicolons, then wants exactly one statement.
Status KeepOneStatement(Tokens& tokens) {
  while (!tokens.empty() && tokens.back().IsPunctuation(";")) tokens.pop_back();
  if (tokens.empty()) return Exception(kSyntaxError, "Empty query.");
  const auto next = std::ranges::find_if(tokens, [](const Token& token) { return token.IsPunctuation(";"); });
  if (next != tokens.end()) return SyntaxError(*next, " (Multi-statements are not allowed)");
  // No statement is one word; the library would take `exit` or `quit` as its command line does.
  if (tokens.size() == 1) return SyntaxError(tokens.front(), "");
  return Ok();
}

}  // namespace

std::optional<InsertHead> FindInsertHead(std::string_view text) {
  text = text.substr(0, kMaxInsertHead);
  size_t position = 0;
  for (size_t i = 0; i < kMaxHeadCandidates; ++i) {
    const size_t format = FindWord(text, "FORMAT", position);
    const size_t values = FindWord(text, "VALUES", position);
    position = std::min(format, values);
    if (position == std::string_view::npos) return std::nullopt;
    if (auto head = HeadAt(text, position, format < values ? "FORMAT" : "VALUES")) return head;
    position += 6;
  }
  return std::nullopt;
}

Result<Statement> ReadStatement(std::string_view text) {
  auto tokens = sql::Tokenize(text);
  if (!tokens) {
    const auto& error = tokens.error();
    const std::string at = error.position ? " at position " + std::to_string(*error.position + 1) : "";
    return Exception(kSyntaxError, "Syntax error: failed" + at + ": " + error.message + ".");
  }
  if (Status one = KeepOneStatement(*tokens); !one) return one.error();
  return Reader(*tokens).Run();
}

}  // namespace chimera::engine
