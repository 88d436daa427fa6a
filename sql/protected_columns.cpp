#include "sql/protected_columns.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/text.h"
#include "sql/name_policy.h"
#include "sql/token_cursor.h"

namespace chimera::sql {
namespace {

constexpr std::array<std::string_view, 7> kCounting = {"COUNT",          "UNIQ",      "UNIQEXACT",    "UNIQCOMBINED",
                                                       "UNIQCOMBINED64", "UNIQHLL12", "COUNTDISTINCT"};
constexpr std::array<std::string_view, 9> kBehindGroups = {"HAVING", "ORDER",  "LIMIT", "WITH",    "QUALIFY",
                                                           "WINDOW", "OFFSET", "FETCH", "SETTINGS"};
constexpr std::array<std::string_view, 14> kNoOperand = {"SELECT", "DISTINCT", "ALL",  "BY", "AND",  "OR",    "NOT",
                                                         "WHEN",   "THEN",     "ELSE", "IN", "LIKE", "WHERE", "HAVING"};
constexpr std::array<std::string_view, 14> kBehindStar = {
    "FROM", "EXCEPT", "REPLACE", "APPLY", "LIKE", "ILIKE", "NOT", "WHERE", "AS", "IN", "IS", "ORDER", "GROUP", "LIMIT"};

template <size_t kSize>
bool IsOneOf(const Token& token, const std::array<std::string_view, kSize>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return token.Is(word); });
}

/// The parts of a name: `a.b` in one pair of quotes can be a column's subcolumn.
std::vector<std::string> Parts(const std::string& name) {
  std::vector<std::string> parts(1);
  for (const char c : name) {
    if (c == '.') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

class ProtectionCheck {
 public:
  ProtectionCheck(const std::vector<Token>& tokens, const std::vector<ProtectedColumn>& columns)
      : tokens_(tokens), cursor_(tokens, 0), columns_(columns) {
    FindClauses();
    tables_named_ = NamesTable();
  }

  Result<std::vector<std::string>> Run() {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (Status checked = Check(i); !checked) return checked.error();
    }
    return std::vector<std::string>(shown_.begin(), shown_.end());
  }

 private:
  const Token& At(size_t index) const { return cursor_.At(index); }
  const Token& Before(size_t index) const { return index > 0 ? cursor_.At(index - 1) : cursor_.At(tokens_.size()); }
  bool IsCall(size_t index) const { return IsName(At(index)) && At(index + 1).IsPunctuation("("); }

  Status Check(size_t i) {
    const Token& token = At(i);
    if (token.kind == TokenKind::kPunctuation) {
      if (token.IsPunctuation("{")) return CheckParameter(i);
      return token.IsPunctuation("*") ? CheckStar(i) : Ok();
    }
    if (!IsName(token)) return Ok();
    if (tables_named_) {
      if (Status table = CheckTableUse(i); !table) return table;
    }
    const ProtectedColumn* column = Mentioned(token);
    return column == nullptr || excepted_.contains(i) ? Ok() : CheckMention(i, *column);
  }

  // The one select list and the one GROUP BY at the outermost level; none where there could be several.
  void FindClauses() {
    size_t depth = 0, selects = 0;
    bool several = false;
    for (size_t i = 0; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
      if (token.IsPunctuation("(") || token.IsPunctuation("[") || token.IsPunctuation("{")) ++depth;
      const bool closes = token.IsPunctuation(")") || token.IsPunctuation("]") || token.IsPunctuation("}");
      if (closes && depth > 0) --depth;
      if (depth > 0 || token.kind != TokenKind::kWord) continue;
      if (token.Is("SELECT") && ++selects == 1) select_ = i;
      several = several || token.Is("UNION") || token.Is("INTERSECT") || (token.Is("FROM") && selects == 0) ||
                (token.Is("EXCEPT") && (!Before(i).IsPunctuation("*") || QueryFollows(i + 1)));
      if (token.Is("FROM") && selects == 1 && !from_) from_ = i;
      if (token.Is("GROUP") && At(i + 1).Is("BY") && from_ && !group_) group_ = i + 1;
      if (group_ && !group_end_ && i > *group_ && IsOneOf(token, kBehindGroups)) group_end_ = i;
    }
    if (several || selects != 1 || !from_) select_ = from_ = group_ = std::nullopt;
    SetDepths();
  }

  bool QueryFollows(size_t i) const {
    while (At(i).IsPunctuation("(") || At(i).Is("ALL") || At(i).Is("DISTINCT")) ++i;
    return At(i).Is("SELECT") || At(i).Is("WITH") || At(i).Is("FROM");
  }

  void SetDepths() {
    size_t depth = 0;
    for (const Token& token : tokens_) {
      const bool closes = token.IsPunctuation(")") || token.IsPunctuation("]") || token.IsPunctuation("}");
      if (closes && depth > 0) --depth;
      depths_.push_back(depth);
      if (token.IsPunctuation("(") || token.IsPunctuation("[") || token.IsPunctuation("{")) ++depth;
    }
  }

  /// merge() names tables inside of a string.
  bool NamesTable() const {
    for (size_t i = 0; i < tokens_.size(); ++i) {
      if (IsTable(tokens_[i]) || (IsCall(i) && ToLower(Unquote(tokens_[i])) == "merge")) return true;
    }
    return false;
  }

  bool IsTable(const Token& token) const {
    if (!IsName(token)) return false;
    const std::string name = ToLower(Unquote(token));
    return std::any_of(columns_.begin(), columns_.end(), [&](const auto& c) { return ToLower(c.table) == name; });
  }

  const ProtectedColumn* Mentioned(const Token& token) const {
    for (const std::string& part : Parts(ToLower(Unquote(token)))) {
      for (const ProtectedColumn& column : columns_) {
        if (ToLower(column.column) == part) return &column;
      }
    }
    return nullptr;
  }

  Status CheckMention(size_t i, const ProtectedColumn& column) {
    const bool plain = Unquote(At(i)) == column.column;
    const size_t first = ItemStart(i);
    if (plain && IsSelected(first, i + 1)) {
      shown_.insert(column.column);
      return Ok();
    }
    if (plain && (IsGrouped(first, i + 1) || IsCounted(first, i + 1))) return Ok();
    return RefusedAt(At(i), "the values of " + Shown(At(i)) + " are protected (privacy), and used here",
                     "`" + column.column + "` may stand alone in the outermost SELECT and GROUP BY, and in uniq(" +
                         column.column + "); name no alias so, and leave it out of conditions and subqueries");
  }

  /// Where the item that ends with the name at `i` begins: before its qualifiers.
  size_t ItemStart(size_t i) const {
    while (i >= 2 && At(i - 1).IsPunctuation(".") && IsName(At(i - 2))) i -= 2;
    return i;
  }

  bool IsSelected(size_t first, size_t end) const {
    if (!select_ || first <= *select_ || end > *from_ || depths_[first] != 0) return false;
    const Token& before = Before(first);
    const bool begins =
        first == *select_ + 1 || (before.Is("DISTINCT") && first == *select_ + 2) || before.IsPunctuation(",");
    return begins && (end == *from_ || At(end).IsPunctuation(","));
  }

  bool IsGrouped(size_t first, size_t end) const {
    const size_t last = group_end_.value_or(tokens_.size());
    if (!group_ || first <= *group_ || end > last || depths_[first] != 0) return false;
    return (first == *group_ + 1 || Before(first).IsPunctuation(",")) && (end == last || At(end).IsPunctuation(","));
  }

  bool IsCounted(size_t first, size_t end) const {
    if (first > 0 && Before(first).Is("DISTINCT")) --first;
    if (first < 2 || !Before(first).IsPunctuation("(") || !At(end).IsPunctuation(")")) return false;
    const Token& behind = At(end + 1);  // uniq(a)(b), count(a) OVER (…)
    return IsOneOf(At(first - 2), kCounting) && !behind.IsPunctuation("(") && !behind.Is("OVER");
  }

  Status CheckStar(size_t i) {
    if (IsProduct(i)) return Ok();
    const bool counted =
        Before(i).IsPunctuation("(") && i >= 2 && At(i - 2).Is("COUNT") && At(i + 1).IsPunctuation(")");
    if (counted || SkipExcepted(i)) return Ok();
    if (!tables_named_ || IsSelected(StarStart(i), i + 1)) {  // of a view, perhaps
      for (const auto& column : columns_) shown_.insert(column.column);
      return Ok();
    }
    return RefusedAt(At(i), "`*` stands for columns whose values are protected (privacy), and is used here",
                     "name the columns, or write * EXCEPT (" + Join(Names(), ", ") +
                         "); a plain `*` may stand in the outermost SELECT");
  }

  size_t StarStart(size_t i) const { return Before(i).IsPunctuation(".") && i >= 2 ? ItemStart(i - 2) : i; }

  static bool EndsOperand(const Token& token) {
    const bool closed = token.IsPunctuation(")") || token.IsPunctuation("]") || token.IsPunctuation("}");
    const bool named = IsName(token) && !IsOneOf(token, kNoOperand);
    return closed || named || token.kind == TokenKind::kNumber || token.kind == TokenKind::kString;
  }

  /// A sign between two operands.
  bool IsProduct(size_t i) const {
    const Token& after = At(i + 1);
    const bool starts = after.IsPunctuation("(") || after.IsPunctuation("{") || after.IsPunctuation("-") ||
                        (after.kind != TokenKind::kPunctuation && !IsOneOf(after, kBehindStar));
    return i > 0 && EndsOperand(Before(i)) && starts;
  }

  /// `* EXCEPT (a, b)` that leaves out every protected column; its names are then no mention.
  bool SkipExcepted(size_t i) {
    const Token& before = Before(i);
    const bool star = before.Is("SELECT") || before.Is("DISTINCT") || before.IsPunctuation(",") ||
                      before.IsPunctuation("(") || before.IsPunctuation(".");
    if (!star || !At(i + 1).Is("EXCEPT")) return false;
    size_t at = i + 2 + (At(i + 2).Is("STRICT") ? 1 : 0);
    const bool list = At(at).IsPunctuation("(");
    std::set<std::string> names;
    std::set<size_t> places;
    for (at += list ? 1 : 0; IsName(At(at)); at += 2) {
      names.insert(Unquote(At(at)));
      places.insert(at);
      if (!list || !At(at + 1).IsPunctuation(",")) break;
    }
    if (places.empty() || (list && !At(*places.rbegin() + 1).IsPunctuation(")"))) return false;
    const auto missing = [&](const ProtectedColumn& column) { return !names.contains(column.column); };
    if (std::any_of(columns_.begin(), columns_.end(), missing)) return false;
    excepted_.insert(places.begin(), places.end());
    return true;
  }

  /// What reads all columns of a table without saying so.
  Status CheckTableUse(size_t i) const {
    const Token& token = At(i);
    if (IsCall(i) && ToLower(Unquote(token)) == "columns") {
      return RefusedAt(token, "COLUMNS could stand for columns whose values are protected (privacy)",
                       "name the columns");
    }
    const bool in_call = IsCall(i) && IsInFunction(Unquote(token)) && !IsInOperator(i);
    if (in_call || (IsTable(token) && (IsOperandOfIn(i) || RenamesColumns(i)))) {
      return RefusedAt(token,
                       Shown(token) + " stands here for all columns of a table, and some are protected (privacy)",
                       "write x IN (SELECT column FROM table), and name columns where the table stands");
    }
    return Ok();
  }

  /// a IN (…), a NOT IN (…); not in(a, …).
  bool IsInOperator(size_t i) const {
    return EndsOperand(Before(i)) || (Before(i).Is("NOT") && i >= 2 && EndsOperand(At(i - 2)));
  }

  bool IsOperandOfIn(size_t i) const {
    i = ItemStart(i);
    while (i > 0 && (Before(i).IsPunctuation("(") || Before(i).IsPunctuation("+"))) --i;
    return Before(i).Is("IN");
  }

  /// FROM table AS t(a, b): no version up to 26.7 does so for a table, but it is the standard's.
  bool RenamesColumns(size_t i) const {
    const size_t alias = i + (At(i + 1).Is("AS") ? 2 : 1);
    return IsCall(alias) && !At(alias).Is("ON") && !At(alias).Is("WHERE") && !At(alias).Is("USING") &&
           !At(alias).Is("PREWHERE") && !At(alias).Is("IN");
  }

  Status CheckParameter(size_t i) const {
    if (!At(i + 2).IsPunctuation(":") || !At(i + 3).Is("IDENTIFIER")) return Ok();
    return RefusedAt(At(i), "a parameter names a column or a table, and some are protected (privacy)",
                     "write names into the SQL; pass only values as parameters");
  }

  std::vector<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& column : columns_) names.insert(column.column);
    return {names.begin(), names.end()};
  }

  const std::vector<Token>& tokens_;
  const TokenCursor cursor_;
  const std::vector<ProtectedColumn>& columns_;
  bool tables_named_ = false;
  std::optional<size_t> select_, from_, group_, group_end_;
  std::vector<size_t> depths_;
  std::set<size_t> excepted_;
  std::set<std::string> shown_;
};

}  // namespace

Result<std::vector<std::string>> FindProtected(const std::vector<Token>& tokens,
                                               const std::vector<ProtectedColumn>& columns) {
  if (columns.empty()) return std::vector<std::string>();
  return ProtectionCheck(tokens, columns).Run();
}

Result<std::vector<std::string>> FindProtected(std::string_view sql, const std::vector<ProtectedColumn>& columns) {
  const auto tokens = Tokenize(sql);
  if (!tokens) return tokens.error();
  return FindProtected(*tokens, columns);
}

bool ShowsColumn(std::string_view shown, std::string_view column) {
  if (!shown.ends_with(column)) return false;
  return shown.size() == column.size() || shown[shown.size() - column.size() - 1] == '.';
}

}  // namespace chimera::sql
