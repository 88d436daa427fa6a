// The walker's view of calls: which functions an expression may name, and with which first argument.
#include <algorithm>
#include <iterator>
#include <sstream>
#include <vector>

#include "base/text.h"
#include "sql/known_names.h"
#include "sql/name_policy.h"
#include "sql/query_walker.h"

namespace chimera::sql {
namespace {

Error RefusedFunction(const Token& name, std::string_view reason) {
  return RefusedAt(name, "the function " + Shown(name) + " " + std::string(reason),
                   "read only the tables of this database; as a column's name, write " + Shown(name) +
                       " without brackets or `table.column`");
}

/// The built-in functions that a misspelt name may stand for.
std::string NearestFunctions(std::string_view name) {
  constexpr size_t kLongestName = 64;
  if (name.size() > kLongestName) return "";
  std::vector<std::string> names;
  for (const std::string_view list : {kOrdinaryFunctions, kAggregateFunctions}) {
    std::istringstream words{std::string(list)};
    names.insert(names.end(), std::istream_iterator<std::string>(words), {});
  }
  return DidYouMean(name, names);
}

Error UnknownFunction(const Token& name) {
  const std::string near = NearestFunctions(name.text);
  return RefusedAt(name, "the function " + Shown(name) + " is none of ClickHouse's own, so it could run a program",
                   (near.empty() ? "use a built-in function (SHOW FUNCTIONS lists them)" : near) +
                       "; the operator opens others with CHIMERA_READ_FUNCTIONS");
}

template <typename List>
bool Contains(const List& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

const LocalNames& QueryWalker::Locals() {
  if (!locals_) locals_.emplace(cursor_);
  return *locals_;
}

/// `* APPLY(function)` names a function without calling it.
Status QueryWalker::Apply() {
  cursor_.Advance();
  size_t index = cursor_.index();
  while (cursor_.At(index).IsPunctuation("(")) ++index;
  const Token& function = cursor_.At(index);
  if (function.IsPunctuation("{"))
    return RefusedAt(function, "APPLY of a parameter hides the function", "write the function's name");
  const bool lambda = cursor_.At(index + 1).IsPunctuation("->");
  if (!IsName(function) || lambda) return Ok();
  if (const auto denial = FunctionDenial(Unquote(function))) return RefusedFunction(function, *denial);
  const Token& before = cursor_.At(cursor_.index() - 2);
  const bool behind_columns = (before.IsPunctuation("*") || before.IsPunctuation(")")) && !function.Is("FROM");
  const bool bracketed = index > cursor_.index() && cursor_.At(index + 1).kind == TokenKind::kPunctuation;
  const bool applied = bracketed || (index == cursor_.index() && behind_columns);
  return !applied || IsCallable(Unquote(function)) ? Ok() : Status(UnknownFunction(function));
}

Status QueryWalker::Call(const Token& name) {
  const std::string function = Unquote(name);
  if (Status callable = CheckFunction(name, function); !callable) return callable;
  return Arguments(name, function);
}

Status QueryWalker::CheckFunction(const Token& name, const std::string& function) {
  if (ReadsDictionary(function) && NamesAllowedDictionary()) return Ok();
  if (const auto denial = FunctionDenial(function)) return RefusedFunction(name, *denial);
  const bool word = name.kind == TokenKind::kWord && IsBracketedWord(function);
  const bool alias = cursor_.index() > 1 && cursor_.At(cursor_.index() - 2).Is("AS");
  if (word || alias || AtColumnList(false) || IsCallable(function)) return Ok();
  return UnknownFunction(name);
}

bool QueryWalker::IsCallable(const std::string& function) {
  return IsKnownFunction(function) || Contains(policy_.functions, function) || Locals().IsLambda(function);
}

/// dictGet('shop.regions', …): a plain string, as an alias could stand for any.
bool QueryWalker::NamesAllowedDictionary() const {
  const Token& dictionary = cursor_.Next();
  const bool whole = cursor_.Next(2).IsPunctuation(",");
  return dictionary.kind == TokenKind::kString && whole && Contains(policy_.dictionaries, Unquote(dictionary));
}

/// Names alone, as in WITH t(a, b) AS (…), or FROM (…) t(a, b) when the name is an alias.
bool QueryWalker::AtColumnList(bool alias) const {
  size_t index = cursor_.index();
  do {
    if (!IsName(cursor_.At(index + 1))) return false;
    index += 2;
  } while (cursor_.At(index).IsPunctuation(","));
  if (!cursor_.At(index).IsPunctuation(")")) return false;
  return alias || (cursor_.At(index + 1).Is("AS") && QueryStartsAt(index + 2, true));
}

Status QueryWalker::Arguments(const Token& name, const std::string& function) {
  if (IsHigherOrder(function)) {
    if (Status checked = CheckFirstArgument(name, function); !checked) return checked;
  }
  Frame arguments;
  arguments.call = true;
  arguments.takes_from = TakesFromAsArgument(function);
  arguments.names_tables = IsInFunction(function);
  return Bracket(arguments);
}

/// ClickHouse takes a function's name for a lambda: arrayMap(file, ['/etc/passwd']) reads the file. Brackets, a plus
/// and ALL before the name leave no trace in its syntax tree.
Status QueryWalker::CheckFirstArgument(const Token& name, const std::string& function) {
  size_t index = cursor_.index() + 1;
  size_t opened = 0;
  for (bool skipped = true; skipped; index += skipped ? 1 : 0) {
    const Token& token = cursor_.At(index);
    const Token& next = cursor_.At(index + 1);
    const bool itself =
        next.IsPunctuation(",") || next.IsPunctuation(")") || next.IsPunctuation(".") || next.IsPunctuation("->");
    const bool all = token.Is("ALL") && !itself;
    opened += token.IsPunctuation("(") ? 1 : 0;
    skipped = all || token.IsPunctuation("(") || token.IsPunctuation("+");
  }
  const Token& argument = cursor_.At(index);
  if (argument.IsPunctuation("{") && cursor_.At(index + 3).Is("IDENTIFIER")) {
    return RefusedAt(argument, "a parameter of type Identifier stands where a function can stand",
                     "write the function's name or a lambda: x -> …");
  }
  if (!IsName(argument)) return Ok();
  ++index;
  while (opened > 0 && cursor_.At(index).IsPunctuation(")")) ++index, --opened;
  const bool whole = cursor_.At(index).Is("AS") || (opened == 0 && cursor_.At(index).IsPunctuation(","));
  return whole ? CheckFunctionAsValue(argument, name, !TakesLimitFirst(function)) : Ok();
}

Status QueryWalker::CheckFunctionAsValue(const Token& argument, const Token& name, bool must_be_function) {
  const std::string function = Unquote(argument);
  if (const auto denial = FunctionDenial(function)) {
    return RefusedAt(argument,
                     Shown(argument) + " as the first argument of " + Shown(name) + " can be a function, which " +
                         std::string(*denial),
                     "for a column of this name write `table.column`");
  }
  return !must_be_function || IsCallable(function) ? Ok() : Status(UnknownFunction(argument));
}

}  // namespace chimera::sql
