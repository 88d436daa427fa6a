// Runs a statement to its end: learns what the account may do on the host, sends the statement, and sends it again,
// there or to another host, as far as that is safe, within the call's deadline. Knows statements only by their kind.
// All functions are thread-safe and block until the call's result, deadline or cancellation.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/client.h"
#include "clickhouse/http_client.h"
#include "clickhouse/profile_cache.h"
#include "clickhouse/route.h"
#include "clickhouse/verdict.h"

namespace chimera::clickhouse {

/// Whose rights a statement has: with a profile of its own on every host.
enum class Role { kReader = 0, kWriter = 1 };

class StatementRunner {
 public:
  /// Sends a query once; on success fills `rows`.
  using ReadOnce = std::function<Verdict(const RequestContext& context, Route& route, Role role,
                                         const AccountProfile& profile, const Query& query, std::optional<Rows>& rows)>;

  /// LearnProfile, or what stands for it in a test.
  using Learn = std::function<Result<AccountProfile>(const std::function<Result<Rows>(const Query&)>& read)>;

  struct Job {
    Kind kind = Kind::kRead;
    Role role = Role::kReader;
    /// One attempt: everything that belongs to an attempt, such as the query_id, is made anew.
    std::function<Verdict(Route& route, const AccountProfile& profile)> attempt = {};
    const std::vector<Setting>* settings = nullptr;  ///< the caller's own, of a read
    const Insert* insert = nullptr;                  ///< of a write
    bool* repeated = nullptr;  ///< set when a write is sent that may have been stored; may be null
  };

  /// `random` gives numbers from 0 up to 1, from any thread. `read_once` is called with the role of a job to ask on its
  /// behalf.
  StatementRunner(const HttpOptions& options, std::function<double()> random, ReadOnce read_once,
                  Learn learn = LearnProfile);

  /// nullopt when an attempt of the job succeeded. The error says how many attempts there were, and of a statement that
  /// changes something whether it may have been carried out; it is `unsent` when none of them left this process.
  ///
  /// A write whose fate is unknown (no whole answer, or an exception after it was begun) is repeated only where the
  /// table recognises it by its token, which is asked before (deduplication.h): on the same host, because the window of
  /// a MergeTree table is a file of that server; on any host when the window is in Keeper.
  ///
  /// A body that was cut on its way is not stored in part: ClickHouse compares it with its Content-Length and throws
  /// away the block that it has begun (src/Server/HTTP/HTTPServerRequest.cpp; versions up to 22.3 stored what had come,
  /// under the token, so that the repeat lost the rest: ClickHouse issues 9666 and 27667), and so does the embedded
  /// engine. That holds for one block, as `Insert` promises: up to max_insert_block_size, 1,048,449 rows by default.
  std::optional<Error> Run(const RequestContext& context, const Job& job);

  ClientState State() const { return routes_.State(); }

 private:
  class Call;

  const int retries_;
  const bool learns_;
  const Pace pace_;
  const std::function<double()> random_;
  const ReadOnce read_once_;
  const Learn learn_;
  const ProfileCache::Profile unrestricted_;
  ProfileCache profiles_;
  Routes routes_;
};

}  // namespace chimera::clickhouse
