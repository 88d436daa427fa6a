// Answers one query request: reads it, runs it on a connection of its own and shapes the answer as ClickHouse's HTTP
// interface does. Thread-safe: every call stands for itself.
#pragma once

#include <functional>
#include <string_view>

#include "engine/accounts.h"
#include "engine/answer.h"
#include "engine/database.h"
#include "engine/query_run.h"
#include "engine/request.h"
#include "engine/running_queries.h"
#include "engine/sessions.h"

namespace chimera::engine {

/// An HTTP request as the handler takes it. Everything is borrowed for the call; what `client_left` uses must live
/// until the answer is sent.
struct HttpCall {
  HttpHead head;
  std::string encoding;  ///< Content-Encoding of the body
  /// Hands over the body piece by piece; false when it did not arrive whole. Not called for a GET.
  std::function<bool(const std::function<void(std::string_view)>& take)> read_body;
  std::function<bool()> client_left;
};

class QueryHandler {
 public:
  QueryHandler(const Database& database, const Accounts& accounts, Sessions& sessions, RunningQueries& running)
      : database_(database), accounts_(accounts), sessions_(sessions), running_(running) {}

  /// Blocks for the query's first bytes, or its end. Exceptions are answers, too.
  Answer Handle(const HttpCall& call) const;

 private:
  static Status ReadBody(const HttpCall& call, QueryRun& run);
  Answer ExceptionAnswer(const Error& exception, const std::string& query_id) const;

  const Database& database_;
  const Accounts& accounts_;
  Sessions& sessions_;
  RunningQueries& running_;
};

}  // namespace chimera::engine
