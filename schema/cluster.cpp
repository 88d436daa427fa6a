#include "schema/cluster.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "sql/token_cursor.h"

namespace chimera::schema {
namespace {

using sql::IsName;
using sql::Token;
using sql::TokenKind;

constexpr std::string_view kWindow = "non_replicated_deduplication_window";
constexpr std::string_view kReplicatedWindow = "replicated_deduplication_window";
constexpr std::array<std::string_view, 7> kAfterSortingKey = {"PARTITION", "PRIMARY", "SAMPLE", "TTL",
                                                              "SETTINGS",  "COMMENT", "AS"};
// What changes the columns that a Distributed table shows, too.
constexpr std::array<std::string_view, 5> kColumnChanges = {"ADD", "DROP", "MODIFY", "RENAME", "COMMENT"};

/// One statement with its tokens, and the places where its text changes.
class Statement {
 public:
  Statement(std::string_view text, std::vector<Token> tokens) : text_(text), tokens_(std::move(tokens)) {}

  size_t size() const { return tokens_.size(); }
  const Token& operator[](size_t i) const { return tokens_[i]; }
  bool Is(size_t i, std::string_view keyword) const { return i < size() && tokens_[i].Is(keyword); }
  /// True when the words stand at `i`, one behind the other.
  bool Are(size_t i, std::initializer_list<std::string_view> words) const {
    return std::all_of(words.begin(), words.end(), [&](std::string_view word) { return Is(i++, word); });
  }
  bool IsPunctuation(size_t i, std::string_view text) const { return i < size() && tokens_[i].IsPunctuation(text); }

  /// The first token of `keyword` outside all brackets from `from` on; size() when there is none.
  size_t Find(std::string_view keyword, size_t from) const {
    int depth = 0;
    for (size_t i = 0; i < size(); ++i) {
      if (tokens_[i].IsPunctuation("(")) ++depth;
      if (tokens_[i].IsPunctuation(")")) --depth;
      if (i >= from && depth == 0 && tokens_[i].Is(keyword)) return i;
    }
    return size();
  }

  void Replace(size_t i, std::string text) { edits_.push_back({i, std::move(text)}); }
  void Append(size_t i, const std::string& text) { Replace(i, std::string(tokens_[i].text) + text); }

  /// The text from token `from` to before token `to`, as it was.
  std::string_view Slice(size_t from, size_t to) const {
    const size_t end = to < size() ? tokens_[to].offset : text_.size();
    return text_.substr(tokens_[from].offset, end - tokens_[from].offset);
  }

  std::string Edited() const {
    std::string out;
    size_t done = 0;
    for (const auto& [token, text] : edits_) {
      out.append(text_.substr(done, tokens_[token].offset - done)).append(text);
      done = tokens_[token].offset + tokens_[token].text.size();
    }
    return out.append(text_.substr(done));
  }

 private:
  struct Edit {
    size_t token;
    std::string text;
  };
  std::string_view text_;
  std::vector<Token> tokens_;
  std::vector<Edit> edits_;  ///< by token, each at most once
};

struct Target {
  size_t name = 0;  ///< the token that names what is created or altered
  bool table = false;
  bool materialized = false;
  bool altered = false;
};

/// Where the name stands in a CREATE or ALTER statement; absent for every other statement.
std::optional<Target> TargetOf(const Statement& statement) {
  Target target;
  size_t at = 0;
  if (statement.Are(0, {"CREATE", "TABLE"})) {
    target.table = true;
    at = 2;
  } else if (statement.Are(0, {"CREATE", "MATERIALIZED", "VIEW"})) {
    target.materialized = true;
    at = 3;
  } else if (statement.Are(0, {"CREATE", "VIEW"})) {
    at = 2;
  } else if (statement.Are(0, {"ALTER", "TABLE"})) {
    target.altered = true;
    at = 2;
  } else {
    return std::nullopt;
  }
  if (statement.Are(at, {"IF", "NOT", "EXISTS"})) at += 3;
  if (at >= statement.size() || !IsName(statement[at])) return std::nullopt;
  target.name = at;
  return target;
}

std::string Local(const Token& name) {
  return sql::QuoteIdentifier(sql::Unquote(name) + std::string(kLocalSuffix));
}

/// Edits for one statement, in the order of its tokens.
class Rewriter {
 public:
  Rewriter(Statement& statement, const Target& target, const Layout& layout, const std::set<std::string>& created)
      : statement_(statement), target_(target), layout_(layout), created_(created) {}

  void Run() {
    const bool moves = layout_.sharded && (target_.table || target_.materialized || target_.altered);
    for (size_t i = 0; i < statement_.size(); ++i) {
      if (i == target_.name) {
        statement_.Replace(i, (moves ? Local(statement_[i]) : std::string(statement_[i].text)) + OnCluster(layout_));
      } else if (IsMergeTree(i)) {
        statement_.Replace(i, "Replicated" + std::string(statement_[i].text));
      } else if (statement_[i].kind == TokenKind::kWord && statement_[i].text == kWindow) {
        statement_.Replace(i, std::string(kReplicatedWindow));
      } else if (layout_.sharded && target_.materialized && NamesCreated(i)) {
        statement_.Replace(i, Local(statement_[i]));
      }
    }
  }

 private:
  bool IsMergeTree(size_t i) const {
    return i >= 2 && statement_.Is(i - 2, "ENGINE") && statement_.IsPunctuation(i - 1, "=") &&
           statement_[i].text.ends_with("MergeTree") && !statement_[i].text.starts_with("Replicated");
  }
  /// A table that a view reads (FROM, JOIN) or fills (TO).
  bool NamesCreated(size_t i) const {
    if (i == 0 || !IsName(statement_[i]) || !created_.contains(sql::Unquote(statement_[i]))) return false;
    return statement_.Is(i - 1, "FROM") || statement_.Is(i - 1, "JOIN") || statement_.Is(i - 1, "TO");
  }

  Statement& statement_;
  const Target& target_;
  const Layout& layout_;
  const std::set<std::string>& created_;
};

/// The expressions of ORDER BY, without the brackets around them; empty when there are none.
std::string SortingKey(const Statement& statement) {
  const size_t order = statement.Find("ORDER", 0);
  if (!statement.Is(order + 1, "BY")) return "";
  size_t end = statement.size();
  for (const std::string_view keyword : kAfterSortingKey) end = std::min(end, statement.Find(keyword, order + 2));
  if (order + 2 >= end) return "";
  const bool bracketed = statement.IsPunctuation(order + 2, "(") && statement.IsPunctuation(end - 1, ")");
  if (!bracketed) return std::string(Trim(statement.Slice(order + 2, end)));
  return end - order <= 4 ? "" : std::string(Trim(statement.Slice(order + 3, end - 1)));
}

/// The table of the declared name, over the local ones of all shards.
std::string Distributed(const Statement& statement, const Target& target, const Layout& layout) {
  const Token& name = statement[target.name];
  const std::string key = target.table ? SortingKey(statement) : "";
  return "CREATE TABLE IF NOT EXISTS " + std::string(name.text) + OnCluster(layout) + " AS " + Local(name) +
         " ENGINE = Distributed(" + sql::QuoteString(layout.cluster) + ", currentDatabase(), " +
         sql::QuoteString(sql::Unquote(name) + std::string(kLocalSuffix)) +
         (key.empty() ? "" : ", cityHash64(" + key + ")") + ")";
}

Result<Statement> Read(std::string_view text) {
  Result<std::vector<Token>> tokens = sql::Tokenize(text);
  if (!tokens) return tokens.error();
  return Statement(text, std::move(*tokens));
}

std::string OtherStatement(std::string_view statement) {
  return "for a cluster, a migration holds CREATE TABLE, CREATE [MATERIALIZED] VIEW and ALTER TABLE only, not: " +
         std::string(statement.substr(0, 60));
}

}  // namespace

std::string OnCluster(const Layout& layout) {
  return layout.cluster.empty() ? "" : " ON CLUSTER " + sql::QuoteIdentifier(layout.cluster);
}

std::set<std::string> CreatedNames(const Dataset& dataset) {
  std::set<std::string> names;
  for (const auto& migration : dataset.migrations) {
    const auto statements = sql::SplitStatements(migration.sql);
    if (!statements) continue;
    for (const auto& text : *statements) {
      const Result<Statement> statement = Read(text);
      const auto target = statement ? TargetOf(*statement) : std::nullopt;
      if (target && !target->altered) names.insert(sql::Unquote((*statement)[target->name]));
    }
  }
  return names;
}

Result<std::vector<std::string>> ForLayout(std::string_view text, const Layout& layout,
                                           const std::set<std::string>& created) {
  if (layout.cluster.empty()) return std::vector<std::string>{std::string(text)};
  Result<Statement> statement = Read(text);
  if (!statement) return statement.error();
  const std::optional<Target> target = TargetOf(*statement);
  if (!target) return MakeError(ErrorCode::kInvalidArgument, OtherStatement(text));
  Rewriter(*statement, *target, layout, created).Run();
  std::vector<std::string> statements = {statement->Edited()};
  if (!layout.sharded) return statements;
  if (target->table || target->materialized) {
    statements.push_back(Distributed(*statement, *target, layout));
  }
  const auto& change = target->name + 1;
  const bool columns = statement->Is(change + 1, "COLUMN") &&
                       std::any_of(kColumnChanges.begin(), kColumnChanges.end(),
                                   [&](std::string_view word) { return statement->Is(change, word); });
  if (target->altered && columns) {
    statements.push_back("ALTER TABLE " + std::string((*statement)[target->name].text) + OnCluster(layout) + " " +
                         std::string(statement->Slice(change, statement->size())));
  }
  return statements;
}

}  // namespace chimera::schema
