// What goes back for one request, before it is HTTP: status, headers, and a body that is text, a whole result of the
// library, or a stream of chunks. The HTTP library stays out of it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/chdb.h"
#include "engine/output_format.h"
#include "engine/running_queries.h"
#include "engine/sessions.h"

namespace chimera::engine {

/// A SELECT on its way out: its place among the running queries, its connection and its chunks. Used by one thread.
class ResultStream {
 public:
  ResultStream(RunningQueries::Ticket ticket, Sessions::Lease connection, std::unique_ptr<chdb::Stream> stream,
               const std::string& format)
      : ticket_(std::move(ticket)), connection_(std::move(connection)), stream_(std::move(stream)), stripper_(format) {}

  /// Fetches until there is enough to begin an answer or the end is reached, so that an early exception still gets its
  /// own HTTP status. The exception when there was one.
  Status Prefetch();
  /// Whether nothing is left to fetch; the query has then left the running ones.
  bool Ended() const { return !stream_; }
  /// The next bytes, valid until the next call; empty at the end and after an exception. Blocks.
  std::string_view Next();
  const std::optional<Error>& Failure() const { return failure_; }
  const chdb::Counts& Counted() const { return counts_; }

 private:
  void Fetch();
  void End();

  // In the order in which they must not go: the stream first, its ticket last.
  std::optional<RunningQueries::Ticket> ticket_;
  std::optional<Sessions::Lease> connection_;
  std::unique_ptr<chdb::Stream> stream_;
  HeaderStripper stripper_;
  std::vector<chdb::Block> blocks_;  ///< fetched, not all given out
  size_t given_ = 0;                 ///< how many of them were given out
  chdb::Counts counts_;
  std::optional<Error> failure_;
};

struct Answer {
  int status = 200;
  std::string content_type;
  Pairs headers;
  std::string text;                               ///< the body, unless one of these is set
  std::optional<chdb::Block> whole;               ///< a result that can be large
  std::unique_ptr<ResultStream> stream;           ///< chunks still to come
  int gzip_level = 0;                             ///< compress the body; 0: leave it as it is
  std::string exception_tag;                      ///< marks an exception inside a stream's body
  std::chrono::steady_clock::time_point started;  ///< of the query, for a stream's final summary
};

/// X-ClickHouse-Summary: counts as strings, as ClickHouse writes them.
std::string Summary(const chdb::Counts& counts, std::chrono::nanoseconds elapsed);

}  // namespace chimera::engine
