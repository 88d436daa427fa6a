#include "freshness/sql_names.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sql/token_cursor.h"

namespace chimera::freshness {
namespace {

using sql::Token;
using sql::TokenCursor;

// Behind these, commas separate no tables any more.
constexpr std::array<std::string_view, 16> kAfterTables = {
    "SELECT", "WHERE", "PREWHERE",  "GROUP",  "HAVING",   "QUALIFY", "WINDOW", "ORDER",
    "LIMIT",  "UNION", "INTERSECT", "EXCEPT", "SETTINGS", "OFFSET",  "WITH",   "FORMAT"};

bool EndsTables(const TokenCursor& at) {
  if (at.Is("ARRAY")) return at.Next().Is("JOIN");
  return std::any_of(kAfterTables.begin(), kAfterTables.end(), [&](std::string_view word) { return at.Is(word); });
}

bool Opens(const Token& token) {
  return token.IsPunctuation("(") || token.IsPunctuation("[") || token.IsPunctuation("{");
}

bool Closes(const Token& token) {
  return token.IsPunctuation(")") || token.IsPunctuation("]") || token.IsPunctuation("}");
}

class Finder {
 public:
  explicit Finder(const TokenCursor& at) : at_(at) {}

  SqlNames Run() {
    for (; !at_.AtEnd(); at_.Advance()) Look();
    std::erase_if(names_.relations, [this](const Relation& relation) {
      return relation.database.empty() && !relation.name.empty() && own_.contains(relation.name);
    });
    return std::move(names_);
  }

 private:
  void Look() {
    if (sql::IsName(at_.Current())) NoteName();
    if (at_.Is("FROM") || (at_.Is("JOIN") && !at_.Previous().Is("ARRAY"))) {
      lists_tables_.back() = true;
      AddRelation(true);
    } else if (at_.IsPunctuation(",") && lists_tables_.back()) {
      AddRelation(true);
    } else if (at_.Is("IN")) {
      AddRelation(false);
    } else if (EndsTables(at_)) {
      lists_tables_.back() = false;
    } else if (Opens(at_.Current())) {
      lists_tables_.push_back(false);
    } else if (Closes(at_.Current()) && lists_tables_.size() > 1) {
      lists_tables_.pop_back();
    }
  }

  void NoteName() {
    std::string name = sql::Unquote(at_.Current());
    if (name == "Identifier") names_.relations.push_back({});  // {table:Identifier}
    if (at_.Next().Is("AS") && at_.Next(2).IsPunctuation("(")) own_.insert(name);
    names_.words.insert(std::move(name));
  }

  /// `always`: what is no name is some table nevertheless, unless it is a subquery.
  void AddRelation(bool always) {
    const Token& first = at_.Next();
    if (first.IsPunctuation("(")) return;
    if (!sql::IsName(first)) {
      if (always) names_.relations.push_back({});
      return;
    }
    const bool qualified = at_.Next(2).IsPunctuation(".") && sql::IsName(at_.Next(3));
    if (at_.Next(qualified ? 4 : 2).IsPunctuation("(")) return names_.relations.push_back({});
    if (qualified) return names_.relations.push_back({sql::Unquote(first), sql::Unquote(at_.Next(3))});
    names_.relations.push_back({"", sql::Unquote(first)});
  }

  TokenCursor at_;
  std::vector<bool> lists_tables_ = {false};  ///< by depth of brackets
  std::set<std::string> own_;                 ///< that WITH defines
  SqlNames names_;
};

}  // namespace

SqlNames NamesIn(std::string_view sql) {
  const auto tokens = sql::Tokenize(sql);
  if (!tokens) return {.readable = false};
  return Finder(TokenCursor(*tokens, sql.size())).Run();
}

}  // namespace chimera::freshness
