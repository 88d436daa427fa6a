// MigrationOf of schema/draft.h.
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "schema/draft.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

using sql::Token;
using sql::TokenKind;

constexpr std::string_view kWindow = "non_replicated_deduplication_window";
// What belongs to the server that the table comes from.
constexpr std::array<std::string_view, 5> kServersOwn = {"replicated_deduplication_window", "storage_policy", "disk",
                                                         "replicated_deduplication_window_seconds", kWindow};

/// The first token for which `is` holds outside of brackets from `from` on; the number of tokens when there is none.
template <typename Is>
size_t FindFlat(const std::vector<Token>& tokens, size_t from, Is is) {
  int depth = 0;
  for (size_t i = from; i < tokens.size(); ++i) {
    if (depth == 0 && is(tokens[i])) return i;
    if (tokens[i].IsPunctuation("(")) ++depth;
    if (tokens[i].IsPunctuation(")")) --depth;
  }
  return tokens.size();
}

size_t FindWord(const std::vector<Token>& tokens, size_t from, std::string_view word) {
  return FindFlat(tokens, from, [&](const Token& token) { return token.Is(word); });
}

class Statement {
 public:
  Statement(std::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {}

  Result<std::string> AsMigration(std::string_view table) const {
    const size_t columns = FindFlat(tokens_, 0, [](const Token& token) { return token.IsPunctuation("("); });
    const size_t engine = FindWord(tokens_, columns, "ENGINE");
    if (engine + 2 >= tokens_.size() || !tokens_[0].Is("CREATE") || !tokens_[1].Is("TABLE")) {
      return MakeError(ErrorCode::kInvalidArgument, "the CREATE statement of the table is not understood",
                       "write its migration by hand");
    }
    const size_t settings = FindWord(tokens_, engine, "SETTINGS"), comment = FindWord(tokens_, engine, "COMMENT");
    const size_t clauses = AfterEngine(engine + 2);
    std::string sql =
        "CREATE TABLE IF NOT EXISTS " + std::string(table) + "\n" + Slice(columns, engine) + "\nENGINE = ";
    sql += EngineWithArguments(engine + 2) + "\n" + Slice(clauses, std::min(settings, comment));
    sql += "\nSETTINGS " + Settings(settings, comment);
    if (comment < tokens_.size()) sql += "\n" + Slice(comment, tokens_.size());
    return sql + ";\n";
  }

 private:
  std::string Slice(size_t from, size_t to) const {
    if (from >= tokens_.size() || from >= to) return {};
    const size_t begin = tokens_[from].offset;
    const size_t end = to < tokens_.size() ? tokens_[to].offset : text_.size();
    return std::string(Trim(text_.substr(begin, end - begin)));
  }

  /// The token behind the engine whose name stands at `name`, and behind its arguments.
  size_t AfterEngine(size_t name) const {
    if (name + 1 >= tokens_.size() || !tokens_[name + 1].IsPunctuation("(")) return name + 1;
    return 1 + FindFlat(tokens_, name + 2, [](const Token& token) { return token.IsPunctuation(")"); });
  }

  std::string EngineWithArguments(size_t name) const {
    std::string engine(tokens_[name].text);
    size_t first = name + 2;
    for (const std::string_view prefix : {"Replicated", "Shared"}) {
      if (!engine.starts_with(prefix)) continue;
      engine.erase(0, prefix.size());
      // The path in the coordination service and the replica's name.
      const bool named = first + 2 < tokens_.size() && tokens_[first].kind == TokenKind::kString &&
                         tokens_[first + 1].IsPunctuation(",") && tokens_[first + 2].kind == TokenKind::kString;
      if (named) first += 3;
      if (named && first < tokens_.size() && tokens_[first].IsPunctuation(",")) ++first;
    }
    const size_t after = AfterEngine(name);
    if (after == name + 1 || first + 1 >= after) return engine;
    return engine + "(" + Slice(first, after);
  }

  std::string Settings(size_t settings, size_t comment) const {
    std::string kept = std::string(kWindow) + " = 10000";
    for (size_t at = settings + 1; at < std::min(comment, tokens_.size());) {
      const size_t end =
          std::min(comment, FindFlat(tokens_, at, [](const Token& it) { return it.IsPunctuation(","); }));
      const std::string one = Slice(at, end);
      if (std::find(kServersOwn.begin(), kServersOwn.end(), tokens_[at].text) == kServersOwn.end()) kept += ", " + one;
      at = end + 1;
    }
    return kept;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
};

}  // namespace

Result<std::string> MigrationOf(std::string_view create_statement, std::string_view table) {
  Result<std::vector<Token>> tokens = sql::Tokenize(create_statement);
  if (!tokens) return tokens.error();
  return Statement(create_statement, std::move(*tokens)).AsMigration(table);
}

}  // namespace chimera::schema
