// The one way to a database: the interface that tools use and tests fake; http_client.h makes the real one. Knows
// nothing of MCP. Every call blocks until its result, its context's deadline, or its cancellation, whichever is first;
// all calls are thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/request_context.h"
#include "base/result.h"

namespace chimera::clickhouse {

/// A value for `{name:Type}`, bound by the server. `value` is plain text (the client escapes it); `is_null` sends NULL.
struct Parameter {
  std::string name;
  std::string value;
  bool is_null = false;
};

struct Setting {
  std::string name;
  std::string value;
};

struct Column {
  std::string name;
  std::string type;  ///< ClickHouse's own spelling, such as "Nullable(Float64)"
};

/// A statement that reads. Sent with readonly=1.
struct Query {
  std::string sql;
  std::vector<Parameter> parameters = {};
  std::vector<Setting> settings = {};  ///< names that the client sets itself (readonly, limits, formats) are skipped
  std::string database = {};           ///< empty: the client's default database
  uint64_t max_rows = 500;             ///< rows kept; one more is looked for, so that `truncated` is exact
  uint64_t max_bytes = 65536;  ///< bytes of row text kept; a row that would exceed it is left out, `truncated` is set
};

struct Statistics {
  uint64_t rows_read = 0;  ///< rows read from storage, as far as the server reported
  uint64_t bytes_read = 0;
  double elapsed_ms = 0;  ///< of the whole call, measured here
};

/// A result, whole or cut at the caps of its query.
///
/// `rows_json` holds the rows as the server printed them, each a JSON array, joined by commas: `["a",1],["b",2]`.
/// 64-bit and wider integers and decimals are JSON strings; NaN and infinities are "nan", "inf", "-inf"; null is NULL
/// and nothing else; times are ISO 8601 in UTC with Z.
struct Rows {
  std::vector<Column> columns;
  std::string rows_json;
  uint64_t row_count = 0;
  bool truncated = false;           ///< exact: there was at least one more row
  bool invalid_utf8 = false;        ///< some strings are not UTF-8; JSON cannot hold them: U+FFFD stands for such bytes
  bool truncated_by_bytes = false;  ///< the byte cap, not the row cap, ended it
  std::string query_id;
  Statistics statistics;
  std::vector<std::string> notes = {};  ///< for the reader: where the account's limits made values less than said above

  /// The rows as a JSON array of arrays, for small results that a tool computes with.
  Json Parsed() const;
};

/// Takes a piece of a result that is no JSON. `offset` is its place: 0 again where a statement had to be repeated. An
/// error ends the statement.
using TakeBytes = std::function<Status(uint64_t offset, std::string_view bytes)>;

/// Rows to store: `body` is newline-separated JSON objects (JSONEachRow), already validated, unless `format` says so.
struct Insert {
  std::string database;
  std::string table;
  std::vector<std::string> columns;  ///< the columns that the rows carry
  std::string_view body;             ///< borrowed for the call
  std::string deduplication_token;   ///< insert_deduplication_token; never empty
  bool repeated = false;  ///< may have been stored by an earlier call: sent only if the table recognises its token
  std::string_view format = "JSONEachRow";  ///< of `body`, as ClickHouse names it
  std::vector<Setting> settings = {};       ///< sent beside those that the client sets itself, which win
};

struct Written {
  std::string query_id;
  double elapsed_ms = 0;
  uint64_t rows = 0;  ///< as the server counted them, those that it then dropped as a repeat included
  /// It was sent although it may have been stored by an earlier attempt, relying on its token. A server that died
  /// between noting the token and storing the rows drops it without having them: look for the rows.
  bool repeated = false;
};

/// What a client is doing, for gauges and the status command.
struct ClientState {
  struct Host {
    std::string name;    ///< "host:port" or a socket's path
    bool in_use = true;  ///< false: its circuit is open, after `failures` in a row
    uint64_t failures = 0;
  };
  size_t in_use = 0;  ///< connections carrying a request
  size_t idle = 0;
  size_t waiting = 0;            ///< calls waiting for a connection
  std::vector<Host> hosts = {};  ///< in the order of preference
};

class Client {
 public:
  virtual ~Client() = default;

  /// Runs a statement that reads. While that takes longer than some 200 ms, the context's `on_progress` hears of the
  /// rows read by then. Errors: kTimeout, kCancelled, kBusy, kUnavailable, kAccessDenied, kSyntaxError,
  /// kUnknown*, kDatabaseError, with the database's text.
  virtual Result<Rows> Read(const RequestContext& context, const Query& query) = 0;

  /// The same for a statement with a FORMAT clause of its own, whose bytes go to `take` as they are, on this thread;
  /// returns the number of rows. The caps of `query` do not hold. Nothing of a result arrives before the database has
  /// all of it. kInternal of clients that have no use for it.
  virtual Result<uint64_t> ReadBytes(const RequestContext& context, const Query& query, const TakeBytes& take);

  /// Stores one block of rows, all of one partition, synchronously (async_insert=0). When this returns, they are
  /// stored. A repeat with the same token stores nothing, if the table deduplicates. An error that is not `unsent` and
  /// says so leaves open whether they are.
  virtual Result<Written> Write(const RequestContext& context, const Insert& insert) = 0;

  /// Runs DDL for the migrator and the command line; never for a caller's text. `database` may be empty.
  virtual Status Execute(const RequestContext& context, std::string_view statement, std::string_view database) = 0;

  /// The database that names without one belong to.
  virtual const std::string& DefaultDatabase() const = 0;

  /// A snapshot; never blocks on the database.
  virtual ClientState State() const { return {}; }
};

}  // namespace chimera::clickhouse
