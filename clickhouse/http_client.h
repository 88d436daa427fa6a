// The client for a real database: a pool of keep-alive connections over TCP, TLS or a Unix socket, to one server or to
// several replicas of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "clickhouse/client.h"
#include "clickhouse/retry.h"
#include "clickhouse/tls.h"

namespace chimera::clickhouse {

struct HostAddress {
  std::string host;
  int port = 8123;
};

struct Account {
  std::string username = "default";
  std::string password = {};
  std::string username_source = {};  ///< for messages: "CH_USERNAME, environment"; empty: nobody named one
  std::string password_source = {};  ///< the same, such as "CH_PASSWORD_FILE (my.conf:3)"; empty: none was given
};

struct HttpOptions {
  std::string unix_socket = {};  ///< path; when set, `hosts` and `secure` are ignored
  /// Replicas of one database, the preferred first: another is used only while those before it fail.
  std::vector<HostAddress> hosts = {{"127.0.0.1", 8123}};
  bool secure = false;           ///< TLS
  TlsOptions tls = {};           ///< used when `secure`
  std::string path_prefix = {};  ///< such as "/clickhouse", for a proxy that serves ClickHouse below a path
  Account account = {};
  std::optional<Account> write_account = {};  ///< for Write; unset: `account`
  std::string database = "default";
  std::vector<std::string> own_databases = {};  ///< that `chimera-mcp schema apply` makes, for messages
  std::optional<bool> compression = {};  ///< gzip both ways; unset: on, except to loopback addresses and Unix sockets
  size_t pool_size = 10;                 ///< connections at most, to all hosts together
  /// How often at most a failed statement is sent again, within its deadline: reads when the host failed or said "try
  /// again"; writes also when nothing of them was sent, or the table recognises the repeat; DDL when nothing was sent.
  int retries = 3;
  /// False: every setting may be sent and the version is known to be current, as for the embedded engine; nothing is
  /// asked before the first statement.
  bool learn_account = true;
  std::chrono::milliseconds connect_timeout{5000};
  /// An older idle connection is closed; ClickHouse's keep_alive_timeout is 10 s.
  std::chrono::milliseconds idle_lifetime{8000};
  Pace pace = {};  ///< the pauses between attempts
  /// What in system.processes holds a statement's query_id, as SQL; the embedded engine keeps it elsewhere.
  std::string query_id_sql = "query_id";
};

/// The first host that works is used. A host that failed three times in a row is passed over and tried again after 50
/// ms to 1 s, by one call at a time; while all of them fail, calls wait one to two seconds for that before they say so.
///
/// Never blocks: connections are made when they are needed. kInvalidArgument for options that cannot work. Has the
/// process ignore SIGPIPE, unless it handles that signal already. Destroying the client waits at most about two seconds
/// for queries that it still has to stop on the server; no call may be running then.
Result<std::unique_ptr<Client>> CreateHttpClient(HttpOptions options);

}  // namespace chimera::clickhouse
