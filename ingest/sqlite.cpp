#include "ingest/sqlite.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <thread>
#include <utility>

namespace chimera::ingest::sqlite {
namespace {

constexpr std::chrono::microseconds kPoll{250};

std::string Reason(int code, sqlite3* db) {
  std::string reason = sqlite3_errmsg(db);
  const int number = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN ? sqlite3_system_errno(db) : 0;
  if (number != 0) reason += ", " + std::string(std::strerror(number));
  return reason + " (SQLite " + std::to_string(code) + ")";
}

std::string HintFor(int code, const std::string& path) {
  switch (code & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return "nothing of this call was kept; look for free space on, and errors of, the disk of " + path;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return "the file and its folder must be writable for the user of this process";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "move it away with its -wal and -shm files, start again, and read what it holds with `sqlite3 " + path +
             " .recover`";
    default:
      return "";
  }
}

}  // namespace

// --- Statement ---

Statement::Statement(Statement&& other) noexcept
    : db_(other.db_), statement_(std::exchange(other.statement_, nullptr)), failed_(other.failed_) {}

Statement::~Statement() {
  if (!statement_) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Result<bool> Statement::Next() {
  if (!statement_ || failed_ != SQLITE_OK) return db_->Failure();
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return db_->Failure();
  }
}

Status Statement::Run() {
  for (;;) {
    const auto more = Next();
    if (!more) return more.error();
    if (!*more) return Ok();
  }
}

int64_t Statement::Integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::optional<int64_t> Statement::MaybeInteger(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return Integer(column);
}

std::string Statement::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes ? std::string(static_cast<const char*>(bytes), static_cast<size_t>(size)) : std::string();
}

void Statement::Bind(int number, int64_t value) {
  if (statement_) failed_ = std::max(failed_, sqlite3_bind_int64(statement_, number, value));
}

void Statement::Bind(int number, const std::optional<int64_t>& value) {
  if (value) Bind(number, *value);  // what is not bound is null
}

void Statement::Bind(int number, std::string_view text) {
  const char* begin = text.data() ? text.data() : "";
  if (statement_)
    failed_ =
        std::max(failed_, sqlite3_bind_text64(statement_, number, begin, text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::Bind(int number, Blob value) {
  const char* begin = value.bytes.data() ? value.bytes.data() : "";
  if (statement_)
    failed_ = std::max(failed_, sqlite3_bind_blob64(statement_, number, begin, value.bytes.size(), SQLITE_TRANSIENT));
}

// --- Connection ---

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& path) {
  sqlite3* db = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE |
                         SQLITE_OPEN_PRIVATECACHE;
  const int code = sqlite3_open_v2(path.c_str(), &db, kFlags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(db, path));
  if (code != SQLITE_OK) return connection->Failure();
  return connection;
}

Connection::Connection(sqlite3* db, std::string path) : db_(db), path_(std::move(path)) {
  sqlite3_busy_handler(db_, &OnBusy, this);
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

sqlite3_stmt* Connection::Prepared(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (!statement) sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  return statement;
}

Result<int64_t> Connection::FirstNumber(Statement statement) {
  const auto row = statement.Next();
  if (!row) return row.error();
  if (!*row) return MakeError(ErrorCode::kInternal, "the buffer's file lacks a row that it always has");
  return statement.Integer(0);
}

Status Connection::RunScript(const std::string& script) {
  if (sqlite3_exec(db_, script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return Failure();
  return Ok();
}

bool Connection::InTransaction() const {
  return sqlite3_get_autocommit(db_) == 0;
}

uint64_t Connection::Changes() const {
  return static_cast<uint64_t>(sqlite3_changes64(db_));
}

uint64_t Connection::TotalChanges() const {
  return static_cast<uint64_t>(sqlite3_total_changes64(db_));
}

bool Connection::IsNoDatabase() const {
  return sqlite3_errcode(db_) == SQLITE_NOTADB;
}

Error Connection::Failure() const {
  if (!db_) return MakeError(ErrorCode::kIoError, "no memory for the buffer " + path_);
  const int code = sqlite3_extended_errcode(db_);
  switch (code & 0xff) {
    case SQLITE_BUSY:
      if (waits_for_ && waits_for_->Cancelled())
        return MakeError(ErrorCode::kCancelled, "the call was withdrawn; nothing of it was kept");
      return MakeError(ErrorCode::kTimeout, "another process was writing to " + path_ + " until the time was over",
                       "call again");
    case SQLITE_TOOBIG:
      return MakeError(ErrorCode::kTooLarge, "a write is too large for the buffer " + path_, "send fewer rows a call");
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return MakeError(ErrorCode::kInternal, "the buffer " + path_ + ": " + Reason(code, db_));
    default:
      return MakeError(ErrorCode::kIoError, "the buffer " + path_ + " cannot be used: " + Reason(code, db_),
                       HintFor(code, path_));
  }
}

int Connection::OnBusy(void* self, int) {
  const RequestContext* context = static_cast<Connection*>(self)->waits_for_;
  if (!context || context->Cancelled() || context->deadline.Expired()) return 0;
  std::this_thread::sleep_for(kPoll);
  return 1;
}

}  // namespace chimera::ingest::sqlite
