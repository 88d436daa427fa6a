// The first layer of read-only: decides, before the database sees it, whether a text is one statement that reads and
// that reaches nothing outside the database. It works on tokens with a small grammar; what it does not understand it
// refuses, naming the token, its position and what to write instead. It is not the only layer: reads are also sent
// with readonly=1, and the embedded engine is confined by the operating system.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sql/read_policy.h"

namespace chimera::sql {

/// A statement the gate lets pass.
struct ReadStatement {
  std::string text;  ///< the statement without a trailing semicolon and trailing comments
  std::string kind;  ///< "SELECT", "EXPLAIN", "SHOW", "DESCRIBE" or "EXISTS"
  /// Harmless settings of a top-level SETTINGS clause, to be sent with the request too, because readonly=1 refuses a
  /// SETTINGS clause unless the value is already set on the request (measured on 26.7).
  std::vector<std::pair<std::string, std::string>> settings;
  std::vector<std::string> protected_names = {};  ///< whose result columns must be treated; see FindProtected
};

/// Longest statement accepted, in bytes: ClickHouse's own max_query_size default.
inline constexpr size_t kMaxStatementBytes = 262144;

/// The statement, or kStatementRefused / kSyntaxError / kTooLarge with position and hint (a write names the insert
/// tools). Pure; linear in the length of `sql`; any thread.
Result<ReadStatement> CheckRead(std::string_view sql, const ReadPolicy& policy = {});

/// The same policy for a table that a caller names outside SQL text: kStatementRefused for a table of `system` or
/// `information_schema` that is not on the list of those that reveal no query, account or secret. Pure; any thread.
Status CheckTable(std::string_view database, std::string_view table);

}  // namespace chimera::sql
