// What the real engine makes of a statement, without running it: its own classification, and its syntax tree. Loads
// libchdb into the test's process on a data folder of its own. For tests only; one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace chimera::security {

enum class StatementClass { kReadOnly, kMutating, kControl, kUnknown };

struct Classification {
  size_t statements = 0;
  StatementClass kind = StatementClass::kUnknown;
};

class Oracle {
 public:
  /// kIoError when libchdb is nowhere; the test is then skipped.
  static Result<std::unique_ptr<Oracle>> Create();
  ~Oracle();

  Classification Classify(std::string_view sql) const;
  /// Runs it; the rows as TSV.
  Result<std::string> Query(const std::string& sql) const;

  /// What a read must not do but the engine understands `sql` to do; empty when there is nothing. Looks at the class
  /// and, with `tree`, at each table, function and function's name in the syntax tree.
  std::string Objection(const std::string& sql, bool tree) const;

 private:
  struct Functions;
  Oracle(std::unique_ptr<Functions> functions, void** connection, std::string folder);

  std::unique_ptr<Functions> functions_;
  void** connection_;
  std::string folder_;
};

}  // namespace chimera::security
