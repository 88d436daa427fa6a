// Expected failures as values. `Result<T>` holds a `T` or an `Error`; exceptions mean bugs and are caught once, in the
// protocol's dispatcher. Nothing here blocks or allocates beyond its strings.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace chimera {

/// Stable names for what went wrong; a model sees them as `error.code` (see `Name`). Append only: clients match on
/// them.
enum class ErrorCode {
  kInvalidArgument,   ///< the caller's arguments; `problems` lists every one
  kUnknownTool,       ///< no tool of that name
  kUnknownDatabase,   ///< no database of that name
  kUnknownTable,      ///< no table of that name
  kUnknownColumn,     ///< no column of that name in the tables of the query
  kUnknownFunction,   ///< no function of that name
  kSyntaxError,       ///< ClickHouse, or the gate, could not read the SQL
  kStatementRefused,  ///< the read gate refused the statement before it reached the database
  kTooLarge,          ///< a message, an answer or a read above its limit
  kTimeout,           ///< the deadline passed
  kCancelled,         ///< the caller withdrew the request
  kBusy,              ///< no pooled connection, or a limit on concurrent work; try again later
  kUnavailable,       ///< the database cannot be reached, or is still starting
  kAccessDenied,      ///< the database refused the account or the action
  kDatabaseError,     ///< any other exception of ClickHouse; `database_code` has its number
  kConflict,          ///< state on disk or in the database contradicts the request (edited migration, lock held)
  kIoError,           ///< the operating system refused (file, socket, process)
  kInternal,          ///< a bug
  kOverBudget,        ///< a read above the budget that the operator set, refused before it ran
  kDeclined,          ///< the user was asked and did not agree
  kRateLimited,       ///< more calls than the operator lets this caller make; `retry_after` says when there may be more
  kQuotaExceeded,     ///< more rows read than the operator lets this caller read; the same
};
inline constexpr size_t kErrorCodes = static_cast<size_t>(ErrorCode::kQuotaExceeded) + 1;

/// The stable lower-case spelling of `code`, such as "unknown_column".
std::string_view Name(ErrorCode code);

/// One thing wrong in a caller's input. `path` is a JSON path such as "rows[3].ts"; `value` the offending value as
/// JSON text (shortened to 200 bytes); `hint` what to send instead. `hint` may be empty.
struct Problem {
  std::string path;
  std::string message;
  std::string value;
  std::string hint;
};

/// Why something failed, for two readers: the model (code, message, hint, problems) and the operator (the log).
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;                                   ///< what failed, on which input; one sentence, no secrets
  std::string hint;                                      ///< what to do or send instead; may be empty
  std::vector<Problem> problems;                         ///< for kInvalidArgument: all of them
  int database_code = 0;                                 ///< ClickHouse's exception number, 0 when there is none
  std::string query_id;                                  ///< of the failed query, when there was one
  std::optional<size_t> position;                        ///< byte offset in the SQL, from 0, when known
  std::optional<std::chrono::seconds> retry_after = {};  ///< the same call may succeed then, and not before
  bool unsent = false;  ///< the request never left this process, so that it can safely be sent again
};

Error MakeError(ErrorCode code, std::string message, std::string hint = {});

/// A `T`, or the `Error` that prevented it. Value type; not thread-safe by itself.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  /// Requires ok(). Of a temporary, by value: `for (auto& x : *MakeAll())` must not look into a result that is gone.
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  /// Requires !ok().
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

/// Success without a value, or an `Error`: `return Ok();`.
using Status = Result<std::monostate>;
inline Status Ok() {
  return std::monostate{};
}

}  // namespace chimera
