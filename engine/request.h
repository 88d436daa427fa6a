// Turns an HTTP request into a request for a query, by the rules of ClickHouse's HTTP interface: which URL parameters
// are its own, which are settings, who may ask. Pure functions; knows neither the HTTP library nor libchdb.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/chdb.h"

namespace chimera::engine {

/// What the front needs of an HTTP request's head.
struct HttpHead {
  bool is_get = false;
  Pairs parameters;                                       ///< of the URL, decoded, in their order
  std::function<std::string(const std::string&)> header;  ///< a header's value, empty when absent
};

using SettingNames = std::set<std::string, std::less<>>;

struct QueryRequest {
  std::string sql;                      ///< of ?query=; the body may continue it
  std::string database;                 ///< empty: default
  std::string format = "TabSeparated";  ///< used when the statement has no FORMAT
  std::string query_id;                 ///< the caller's, or a new one; never empty
  bool whole = false;                   ///< wait_end_of_query: send nothing before the end
  Pairs parameters;                     ///< values for {name:Type}, without "param_"
  Pairs settings;                       ///< in the order to apply them; readonly is the last
};

/// The setting that carries the query_id into the engine, because libchdb gives every query an id of its own:
/// system.processes shows it as Settings['cluster_for_parallel_replicas'].
inline constexpr std::string_view kQueryIdSetting = "cluster_for_parallel_replicas";

/// The caller's query_id, or a new one.
std::string QueryId(const HttpHead& head);

/// The request, or the exception to answer: AUTHENTICATION_FAILED for anybody but `default` without a password,
/// UNKNOWN_SETTING (with the nearest names), NOT_IMPLEMENTED for sessions, roles and compression by parameter.
/// A GET becomes readonly=2, as on a server.
Result<QueryRequest> ReadRequest(const HttpHead& head, const SettingNames& settings);

}  // namespace chimera::engine
