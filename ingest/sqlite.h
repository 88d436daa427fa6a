// SQLite's C interface as values: a connection, statements, errors. Knows no table. A connection and its statements
// belong to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/request_context.h"
#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace chimera::ingest::sqlite {

/// Bytes of any kind; a std::string is text.
struct Blob {
  std::string_view bytes;
};

class Connection;

/// A statement with its values, until its end. Borrows the connection; one at a time of each text.
class Statement {
 public:
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Result<bool> Next();  ///< whether there is another row
  Status Run();         ///< to the end

  // Of the current row:
  int64_t Integer(int column) const;
  uint64_t Count(int column) const { return static_cast<uint64_t>(Integer(column)); }
  std::optional<int64_t> MaybeInteger(int column) const;
  std::string Bytes(int column) const;

 private:
  friend class Connection;
  Statement(Connection& db, sqlite3_stmt* statement) : db_(&db), statement_(statement) {}
  void Bind(int number, int64_t value);
  void Bind(int number, uint64_t value) { Bind(number, static_cast<int64_t>(value)); }
  void Bind(int number, bool value) { Bind(number, static_cast<int64_t>(value)); }
  void Bind(int number, const std::optional<int64_t>& value);
  void Bind(int number, std::string_view text);
  void Bind(int number, Blob value);

  Connection* db_;
  sqlite3_stmt* statement_;  ///< owned by the connection; null where it could not be prepared
  int failed_ = 0;           ///< of a binding
};

class Connection {
 public:
  /// A file that exists and is no symbolic link.
  static Result<std::unique_ptr<Connection>> Open(const std::string& path);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// `sql` is a literal: its statement is kept under its address. What is wrong with it shows when it is run.
  template <typename... Values>
  Statement Query(const char* sql, const Values&... values) {
    Statement statement(*this, Prepared(sql));
    int number = 0;
    (statement.Bind(++number, values), ...);
    return statement;
  }
  template <typename... Values>
  Status Run(const char* sql, const Values&... values) {
    return Query(sql, values...).Run();
  }
  /// The first column of the first row; kInternal where there is none.
  template <typename... Values>
  Result<int64_t> Number(const char* sql, const Values&... values) {
    return FirstNumber(Query(sql, values...));
  }
  /// Several statements, none of which is kept.
  Status RunScript(const std::string& script);

  bool InTransaction() const;
  uint64_t Changes() const;       ///< rows that the last INSERT, UPDATE or DELETE concerned
  uint64_t TotalChanges() const;  ///< the sum of these since it was opened; what was rolled back counts, too

  bool IsNoDatabase() const;  ///< the last call failed because the file is something else
  /// What the last call failed with, in the words of errors to operators.
  Error Failure() const;

 private:
  friend class Statement;
  friend class Patience;
  Connection(sqlite3* db, std::string path);
  sqlite3_stmt* Prepared(const char* sql);
  static Result<int64_t> FirstNumber(Statement statement);
  static int OnBusy(void* self, int attempts);

  sqlite3* const db_;
  const std::string path_;
  const RequestContext* waits_for_ = nullptr;  ///< null: does not wait
  std::unordered_map<const char*, sqlite3_stmt*> statements_;
};

/// While it lives, the connection waits for locks of other processes as long as the call may: kTimeout and kCancelled
/// come from there. One writes at a time.
class Patience {
 public:
  Patience(Connection& db, const RequestContext& context) : db_(db) { db_.waits_for_ = &context; }
  ~Patience() { db_.waits_for_ = nullptr; }
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

 private:
  Connection& db_;
};

}  // namespace chimera::ingest::sqlite
