// Walks the tokens of a query, bracket by bracket, and checks every place where something could be read from outside
// the database: tables, table functions, calls, settings, output clauses. Private to the read gate.
//
// ClickHouse hardly reserves words: `FROM a JOIN b ON x = where, url(…)` has a column named `where`. So the walker
// never trusts a keyword to end a list of tables unless an operand stands before it, and treats every FROM, JOIN and
// comma that could introduce a table as if it did. It may refuse odd names that should be quoted; it must not miss one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sql/local_names.h"
#include "sql/read_policy.h"
#include "sql/token_cursor.h"

namespace chimera::sql {

class QueryWalker {
 public:
  using Settings = std::vector<std::pair<std::string, std::string>>;

  /// Both must outlive the walker.
  QueryWalker(TokenCursor& cursor, const ReadPolicy& policy) : cursor_(cursor), policy_(policy) {}

  /// Whether SELECT, WITH or FROM starts a query at the cursor, behind any number of round brackets.
  bool AtQuery() const;
  /// The rest of the statement as a query or an expression.
  Status Rest();
  /// One table, subquery or table function, as behind FROM.
  Status Table();
  /// A table's name, perhaps with its database, never a function.
  Status TableName();
  /// The kind and options between EXPLAIN and its query.
  Status ExplainOptions();

  /// Harmless settings met so far, each name once.
  Settings TakeSettings() { return std::move(settings_); }

 private:
  enum class List { kOther, kTables, kArrayJoin };  ///< what a comma separates here
  /// What is known between one pair of brackets.
  struct Frame {
    List list = List::kOther;
    bool query = false;         ///< holds a SELECT, not an expression
    bool selected = false;      ///< SELECT of the current select was seen
    bool from_seen = false;     ///< and its FROM
    bool order_seen = false;    ///< and its ORDER BY
    bool call = false;          ///< the arguments of a function
    bool takes_from = false;    ///< of one like extract(day FROM x)
    bool names_tables = false;  ///< a name here could be a table: behind IN, in a WITH clause
  };

  Status Walk(Frame frame, const Token& opening);
  Status Step(Frame& frame);
  Status Punctuation(Frame& frame);
  Status Word(Frame& frame);
  Status Name(const Frame& frame);
  Status AfterDot();
  Status From(Frame& frame);
  Status Join(Frame& frame);
  Status In();
  Status Apply();
  Status SettingsClause(const Frame& frame);
  Status Remember(const Token& token, std::string name, std::string value);
  Status Enter();
  Status Bracket(Frame frame);
  Status Parameter(const Frame& frame);
  Status Call(const Token& name);
  Status CheckFunction(const Token& name, const std::string& function);
  Status Arguments(const Token& name, const std::string& function);
  Status CheckFirstArgument(const Token& name, const std::string& function);
  Status CheckFunctionAsValue(const Token& argument, const Token& name, bool must_be_function);
  bool IsCallable(const std::string& function);
  bool NamesAllowedDictionary() const;
  bool AtColumnList(bool alias) const;
  const LocalNames& Locals();
  Status BracketedTable();
  Status TableFunction(const Token& name);
  Status Literals(const Token& function);
  Status MergeArguments();
  Status CheckTableName(size_t first, size_t parts) const;
  void NoteClause(Frame& frame) const;
  bool QueryStartsAt(size_t index, bool through_brackets) const;
  bool AtSetOperation() const;
  bool IsFromOperator(const Frame& frame) const;
  bool FollowsOperand(size_t index) const;
  bool FollowedByName() const;
  bool AtSettingsClause() const;
  size_t SkipName();

  TokenCursor& cursor_;
  const ReadPolicy& policy_;
  std::optional<LocalNames> locals_;  ///< made when a name needs them
  Settings settings_;
  size_t depth_ = 0;
};

}  // namespace chimera::sql
