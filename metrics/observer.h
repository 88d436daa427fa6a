// What is worth counting, told as it happens: by ObservedCatalog for tools, by ObservedClient for the database, by the
// buffer for what it flushes. Whoever counts implements Observer.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "metrics/outcome.h"

namespace chimera::metrics {

struct ToolCall {
  std::string_view tool;  ///< as tools/list spells it
  Outcome outcome = {};
  std::chrono::nanoseconds took{};
};

enum class Operation { kRead, kWrite, kExecute };

/// One statement, its waiting for a connection and its retries included.
struct Statement {
  Operation operation = Operation::kRead;
  Outcome outcome = {};
  std::chrono::nanoseconds took{};
  std::string_view table = {};  ///< of a write
  uint64_t rows_written = 0;    ///< that the database acknowledged; those of a repeated insert, too
  uint64_t rows_returned = 0;
  uint64_t bytes_returned = 0;  ///< of row text
  uint64_t rows_read = 0;       ///< from storage, as far as the server told
  uint64_t bytes_read = 0;
};

/// One batch of buffered writes on its way into the database.
struct BufferFlush {
  std::string_view table;  ///< "database.table"
  Outcome outcome = {};
  std::chrono::nanoseconds took{};
  uint64_t rows = 0;  ///< that are in the database now
  uint64_t dead = 0;  ///< that became dead letters
};

/// All are called on the thread of the call, from many at once: never block, never throw, take far less than the call.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void OnToolCall(const ToolCall& /*call*/) {}
  virtual void OnStatement(const Statement& /*statement*/) {}
  virtual void OnFlush(const BufferFlush& /*flush*/) {}
};

/// They must outlive whoever holds the list.
using Observers = std::vector<Observer*>;

}  // namespace chimera::metrics
