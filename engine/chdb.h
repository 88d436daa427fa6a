// libchdb (ClickHouse as a library) behind values that free themselves. It is loaded with dlopen, so the program links
// without it. Errors are ClickHouse's own texts; engine/exception.h reads them. Knows nothing of HTTP.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace chimera::engine {

/// Names with values, in the caller's order: settings, parameters, headers.
using Pairs = std::vector<std::pair<std::string, std::string>>;

}  // namespace chimera::engine

namespace chimera::engine::chdb {

struct Functions;  // the library's entry points, see chdb.cpp

/// What a statement did, as far as the library counts it.
struct Counts {
  uint64_t read_rows = 0;
  uint64_t read_bytes = 0;
  uint64_t written_rows = 0;
  uint64_t written_bytes = 0;
  uint64_t result_rows = 0;
  uint64_t result_bytes = 0;

  void Add(const Counts& other);
};

/// A statement as the library takes it. `parameters` are for `{name:Type}`, escaped as in TSV (HTTP's param_x are).
/// Everything is borrowed for the call.
struct Statement {
  std::string_view sql;
  std::string_view format;
  const Pairs& parameters;
};

/// What the library takes a statement for, by parsing it.
enum class StatementKind : uint32_t { kReads = 0, kMutates = 1, kAdministers = 2, kControls = 3, kUnknown = 4 };

struct Classification {
  uint32_t count = 0;  ///< of statements; 0: it cannot be parsed
  StatementKind kind = StatementKind::kUnknown;
};

/// A whole result, or one chunk of a streamed one. `Bytes` and `Exception` live as long as this.
class Block {
 public:
  Block(const Functions& functions, void* handle) : functions_(&functions), handle_(handle) {}
  Block(Block&& other) noexcept : functions_(other.functions_), handle_(std::exchange(other.handle_, nullptr)) {}
  Block& operator=(Block&& other) noexcept;
  ~Block();

  std::string_view Bytes() const;
  std::string_view Exception() const;  ///< empty when there was none
  Counts Counted() const;

 private:
  const Functions* functions_;
  void* handle_;
};

/// A SELECT whose chunks are fetched one by one. Destroying it cancels what is left. Its connection must outlive it.
class Stream {
 public:
  Stream(const Functions& functions, void* connection, void* handle)
      : functions_(functions), connection_(connection), handle_(handle) {}
  Stream(const Stream&) = delete;
  ~Stream();

  /// Blocks for the next chunk; an empty one is the end.
  Block Next();

 private:
  const Functions& functions_;
  void* connection_;
  void* handle_;
  bool ended_ = false;
};

/// An INSERT that takes its data in pieces, cut anywhere. Destroying it before `Finish` stores nothing of the block
/// that is being filled.
class Insert {
 public:
  Insert(const Functions& functions, void* handle) : functions_(functions), handle_(handle) {}
  Insert(const Insert&) = delete;
  ~Insert();

  /// False when the data were refused by now: more makes no difference, Finish has the exception.
  bool Append(std::string_view bytes);
  Block Finish();

 private:
  const Functions& functions_;
  void* handle_;
  bool finished_ = false;
};

/// One session of the database; serial. Settings, USE and temporary tables end with it.
class Connection {
 public:
  Connection(const Functions& functions, void** handle) : functions_(&functions), handle_(handle) {}
  Connection(Connection&& other) noexcept
      : functions_(other.functions_), handle_(std::exchange(other.handle_, nullptr)) {}
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  /// Runs a statement and holds its whole result. Careful: the library runs a list of statements, too.
  Block Query(const Statement& statement);
  /// Runs nothing. Statements in parallel (PARALLEL WITH) count one by one.
  Classification Classify(std::string_view sql);
  /// Starts a SELECT (the library streams nothing else); the exception's text otherwise.
  Result<std::unique_ptr<Stream>> StartStream(const Statement& statement);
  /// Starts an INSERT; `sql` stops before its FORMAT or VALUES, `format` is that of the data.
  Result<std::unique_ptr<Insert>> StartInsert(const Statement& statement);

 private:
  const Functions* functions_;
  void** handle_;
};

/// The loaded library. One for the life of the process: it cannot be unloaded.
class Library {
 public:
  /// kIoError with the loader's words. Turns the library's signal handlers off.
  static Result<std::unique_ptr<Library>> Load(const std::string& path);
  ~Library();

  /// A connection with these command-line arguments ("--name=value"); kDatabaseError when the library refuses one (its
  /// reason is on stderr only). The first connection of the process decides on the data path.
  Result<Connection> Connect(const std::vector<std::string>& arguments) const;

 private:
  explicit Library(std::unique_ptr<Functions> functions);
  std::unique_ptr<Functions> functions_;
};

}  // namespace chimera::engine::chdb
