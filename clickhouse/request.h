// Statements as HTTP requests: the path, query and body that carry them, with the settings that the account may send.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/account_profile.h"
#include "clickhouse/client.h"

namespace chimera::clickhouse {

/// The format that results are asked in.
inline constexpr std::string_view kRowsFormat = "JSONCompactEachRowWithNamesAndTypes";

/// A request as it goes over the wire. Made anew for every attempt: a query_id serves once.
struct HttpRequest {
  std::string query_id;
  std::string target;     ///< path and query, percent-encoded
  std::string_view body;  ///< borrowed from the statement
};

/// kTooLarge when the parameters do not fit into a URL. `database`: when the query names none.
/// The statement carries the context's deadline and comment, as far as the account may set them.
Result<HttpRequest> ReadRequest(const Query& query, const AccountProfile& profile, const std::string& database,
                                const RequestContext& context);

/// The same for a statement with a FORMAT clause, whose reply is to begin when it cannot fail any more.
Result<HttpRequest> BytesRequest(const Query& query, const AccountProfile& profile, const std::string& database,
                                 const RequestContext& context);

HttpRequest WriteRequest(const Insert& insert, const AccountProfile& profile, const std::string& database,
                         const RequestContext& context);
/// The statement of that request, without the rows.
std::string InsertStatement(const Insert& insert, const std::string& database);

HttpRequest ExecuteRequest(std::string_view statement, std::string_view database);

}  // namespace chimera::clickhouse
