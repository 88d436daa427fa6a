// The run of one request's query, from its text as it arrives to its answer. Private to the query handler.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/answer.h"
#include "engine/database.h"
#include "engine/request.h"
#include "engine/running_queries.h"
#include "engine/sessions.h"
#include "engine/statement.h"

namespace chimera::engine {

/// Takes the text of a request piece by piece; as soon as it turns out to be an INSERT with data, the pieces go into
/// the engine instead of memory.
class QueryRun {
 public:
  QueryRun(const Database& database, Sessions& sessions, RunningQueries& running, QueryRequest request,
           std::function<bool()> client_left)
      : database_(database),
        sessions_(sessions),
        running_(running),
        request_(std::move(request)),
        client_left_(std::move(client_left)) {}

  void Take(std::string_view piece);
  /// Whether the rest of the text makes no difference: Finish will give an exception.
  bool Failed() const { return failure_ || refused_; }
  /// The text is complete: runs what there is to run. Destroyed without it, an INSERT stores nothing but the whole
  /// blocks (min_insert_block_size_rows, a million) that it has written by then, as on a server.
  Result<Answer> Finish();

 private:
  struct Inserting {
    RunningQueries::Ticket ticket;
    Sessions::Lease connection;
    std::unique_ptr<chdb::Insert> insert;  // goes before its connection
  };

  void LookForInsert();
  void Append(std::string_view data);
  Status StartInsert(const InsertHead& head);
  Result<Answer> FinishInsert();
  Result<Answer> RunSelect(const Statement& statement);
  Result<Answer> RunWhole(const Statement& statement);
  Result<Answer> RunKill(const Statement& statement);
  Result<Answer> RunText(const std::string& sql, RunningQueries::Ticket ticket);
  Result<RunningQueries::Ticket> Enter(std::string text, bool reads_only);
  Result<Sessions::Lease> Open(std::string_view sql);
  bool ReadsOnly() const;
  Status MayWrite() const;
  Status MayKill(const RunningQueries::Known& query) const;
  bool CanStream(const Statement& statement) const;
  Answer MakeAnswer(const chdb::Counts& counts) const;

  const Database& database_;
  Sessions& sessions_;
  RunningQueries& running_;
  QueryRequest request_;
  std::function<bool()> client_left_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::string text_;
  bool looked_ = false;  ///< for an INSERT's head in all that one can take
  std::optional<Inserting> inserting_;
  bool refused_ = false;          ///< the insert did not take its data; it knows why
  std::optional<Error> failure_;  ///< the rest of the body is read and dropped
};

/// The headers of every answer to a query.
Pairs QueryHeaders(const Database& database, const std::string& query_id);

}  // namespace chimera::engine
