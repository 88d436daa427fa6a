#include "clickhouse/retry.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace chimera::clickhouse {
namespace {

struct Passing {
  int exception;
  Setback setback;
};

// src/Common/ErrorCodes.cpp. Everything else is about the statement, the account or the data and would fail again.
constexpr Passing kPassing[] = {
    {202, Setback::kRefused},  // TOO_MANY_SIMULTANEOUS_QUERIES: thrown before the query begins
    {203, Setback::kPassing},  // NO_FREE_CONNECTION: the server's own pool to other servers is used up
    {209, Setback::kPassing},  // SOCKET_TIMEOUT: between the server and a shard, a replica or us
    {210, Setback::kPassing},  // NETWORK_ERROR: the same
    {225, Setback::kPassing},  // NO_ZOOKEEPER: the replica has no session with Keeper, it makes a new one
    {236, Setback::kPassing},  // ABORTED: the server shuts down, or a merge or fetch was stopped
    {242, Setback::kPassing},  // TABLE_IS_READ_ONLY: the replica lost Keeper; others may have it
    {252, Setback::kPassing},  // TOO_MANY_PARTS: merges are behind
    {279, Setback::kPassing},  // ALL_CONNECTION_TRIES_FAILED: to the replicas of a shard
    {285, Setback::kPassing},  // TOO_FEW_LIVE_REPLICAS: for the quorum
    {286, Setback::kPassing},  // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
    {319, Setback::kPassing},  // UNKNOWN_STATUS_OF_INSERT: Keeper did not confirm; it asks the client to repeat
    {364, Setback::kRefused},  // RECEIVED_ERROR_TOO_MANY_REQUESTS
    {425, Setback::kPassing},  // SYSTEM_ERROR: the operating system refused, mostly for want of resources
    {439, Setback::kPassing},  // CANNOT_SCHEDULE_TASK: no thread is free
    {745, Setback::kRefused},  // SERVER_OVERLOADED: thrown before the query begins
    {999, Setback::kPassing},  // KEEPER_EXCEPTION: connection loss, a new leader
};

}  // namespace

Setback SetbackOf(int exception, std::string_view text) {
  // The same number for an insert that spans too many partitions, which no waiting mends.
  if (exception == 252 && text.find("partitions for single INSERT") != std::string_view::npos) return Setback::kFinal;
  auto found = std::find_if(std::begin(kPassing), std::end(kPassing),
                            [exception](const Passing& passing) { return passing.exception == exception; });
  return found == std::end(kPassing) ? Setback::kFinal : found->setback;
}

bool LeavesInsertOpen(int exception) {
  return exception == 319;
}

Repeat MayRepeat(Kind kind, Setback setback) {
  if (setback == Setback::kFinal) return Repeat::kNo;
  if (kind == Kind::kRead || setback == Setback::kUnsent) return Repeat::kAnywhere;
  if (kind == Kind::kExecute) return Repeat::kNo;
  return setback == Setback::kRefused ? Repeat::kAnywhere : Repeat::kIfDeduplicated;
}

Backoff::Backoff(int retries, const Pace& pace, std::function<double()> random)
    : retries_(retries), pace_(pace), random_(std::move(random)) {}

std::optional<std::chrono::milliseconds> Backoff::Next() {
  if (used_ >= retries_) return std::nullopt;
  auto most = pace_.first_pause * (int64_t{1} << std::min(used_, 20));
  ++used_;
  using Fraction = std::chrono::duration<double, std::milli>;
  return std::chrono::duration_cast<std::chrono::milliseconds>(Fraction(std::min(most, pace_.longest_pause)) *
                                                               random_());
}

}  // namespace chimera::clickhouse
