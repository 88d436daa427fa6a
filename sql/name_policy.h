// Which functions, table functions and tables a read may name: the gate's tables of names. No grammar here. Names are
// compared without regard to case. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chimera::sql {

/// Why a function must not be called in an expression, as the end of a sentence ("reads files of the server");
/// nothing when it may. Also holds the table functions that are refused, which no expression can call.
std::optional<std::string_view> FunctionDenial(std::string_view name);
/// Whether it is dictGet, dictHas or one of their relatives, whose first argument names the dictionary.
bool ReadsDictionary(std::string_view name);
/// Whether ClickHouse 26.7 has the function, denied or not, perhaps with combinators. Any other name could be a
/// user-defined function, which may run a program, or one of a later release.
bool IsKnownFunction(std::string_view name);
/// Whether a bracket behind the word belongs to no function: ROLLUP (…), Decimal(10, 2).
bool IsBracketedWord(std::string_view name);

/// How the arguments of an allowed table function are checked.
enum class TableFunctionKind {
  kExpressions,  ///< like those of any function
  kLiterals,     ///< literals only: a column structure is SQL in a string and could compute its DEFAULT
  kMerge,        ///< [database,] 'pattern', where the database must be a plain name
  kQuery,        ///< one SELECT
};

/// An allow-list: nothing for every other name, so that a table function of a later release is refused.
std::optional<TableFunctionKind> AllowedTableFunction(std::string_view name);
/// The allowed ones for a hint, comma-separated.
std::string_view AllowedTableFunctions();

/// Whether `database` is `system` or `information_schema`, in any spelling.
bool IsSystemDatabase(std::string_view database);
/// Whether table `table` of that system database is on the list of those that reveal no query, account or secret.
bool IsReadableSystemTable(std::string_view database, std::string_view table);
/// The readable tables of `system` for a hint, separated by spaces.
std::string_view ReadableSystemTables();

/// Whether a table or database of this name could be a file or a URL: ClickHouse reads FROM `/etc/hosts` as a file.
bool LooksLikePath(std::string_view name);

/// Whether `name(value FROM value)` is that function's own syntax and not a clause: extract, trim, substring, …
bool TakesFromAsArgument(std::string_view name);
/// Whether the function is IN, NOT IN, … spelled as a call: its second argument may be a table.
bool IsInFunction(std::string_view name);
/// Whether the function may take another function's name as its first argument, as in arrayMap(upper, names).
bool IsHigherOrder(std::string_view name);
/// Whether that first argument may also be a number, as in arrayPartialSort(n, names).
bool TakesLimitFirst(std::string_view name);

}  // namespace chimera::sql
