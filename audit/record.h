// One line of the audit log: what was asked, by whom, what came of it. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/statement_trace.h"

namespace chimera::audit {

/// docs/operations.md describes each. Texts may be empty: then the line has null.
struct Record {
  std::chrono::system_clock::time_point time;  ///< when the call began
  std::string id;                              ///< of this call, also in the log_comment of its statements
  std::string request;
  std::string session;
  std::string principal;
  std::string client;
  std::string peer;
  std::string tool;
  Json arguments;         ///< a summary, without what must not be written
  std::string statement;  ///< cut by the line where it is long, and left out with hash_only
  std::vector<std::string> query_ids;
  std::string verdict;  ///< allowed, asked, refused, failed, cancelled
  std::string code;     ///< of an error
  StatementWork work;
  uint64_t rows_returned = 0;
  uint64_t bytes_returned = 0;
  std::chrono::nanoseconds took{};
};

/// `hash_only`: of the statement, its SHA-256 alone. No line break; at most some 110 KB, usually far less.
std::string Line(const Record& record, bool hash_only);

/// What became of a call: "refused" when this server did not let it go to the database, "failed" when it was let.
std::string_view VerdictOf(std::string_view error_code);

}  // namespace chimera::audit
