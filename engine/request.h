// Turns an HTTP request into a request for a query, by the rules of ClickHouse's HTTP interface: which URL parameters
// are its own, which are settings, who may ask. Pure functions; knows neither the HTTP library nor libchdb.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/accounts.h"
#include "engine/chdb.h"

namespace chimera::engine {

/// What the front needs of an HTTP request's head.
struct HttpHead {
  bool is_get = false;
  Pairs parameters;                                       ///< of the URL, decoded, in their order
  std::function<std::string(const std::string&)> header;  ///< a header's value, empty when absent
};

/// Every setting by its name, with the value that it has unless it is set, escaped as in TSV.
using SettingDefaults = std::map<std::string, std::string, std::less<>>;

/// The session that a request belongs to.
struct SessionRequest {
  std::string id;                    ///< empty: none
  std::chrono::seconds timeout{60};  ///< how long it lives on behind the request; ClickHouse's default, at most 3600
  bool must_exist = false;           ///< session_check
  bool close = false;                ///< close_session: ends with the request
};

struct QueryRequest {
  Account account;                      ///< who asks
  std::string sql;                      ///< of ?query=; the body may continue it
  std::string database;                 ///< empty: default
  std::string format = "TabSeparated";  ///< used when the statement has no FORMAT
  std::string query_id;                 ///< the caller's, or a new one; never empty
  SessionRequest session;
  bool whole = false;            ///< wait_end_of_query: send nothing before the end
  bool must_read = false;        ///< a GET on a session's connection, which cannot be read-only for a while
  bool ends_with_client = true;  ///< a reading query is killed when its client leaves
  int gzip_level = 0;            ///< of the answer's body; 0: not compressed
  Pairs parameters;              ///< values for {name:Type}, without "param_"
  Pairs settings;                ///< in the order to apply them; readonly is the last
};

/// The setting that carries the query_id into the engine, because libchdb gives every query an id of its own:
/// system.processes shows it as Settings['cluster_for_parallel_replicas'].
inline constexpr std::string_view kQueryIdSetting = "cluster_for_parallel_replicas";

/// Whether a request's Host header names another host than this machine, although the engine listens on a loopback
/// address only.
bool IsForeignHost(std::string_view listens_on, const std::string& host_header);

/// The caller's query_id, or a new one.
std::string QueryId(const HttpHead& head);

/// The request, or the exception to answer: AUTHENTICATION_FAILED, UNKNOWN_SETTING (with the nearest names),
/// INVALID_SESSION_TIMEOUT, NOT_IMPLEMENTED for roles, compression by parameter and `readonly` in a session. A GET
/// becomes readonly=2, as on a server.
Result<QueryRequest> ReadRequest(const HttpHead& head, const SettingDefaults& settings, const Accounts& accounts);

}  // namespace chimera::engine
