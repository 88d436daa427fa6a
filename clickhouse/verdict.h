// What came of one attempt: a result, or why not, whose fault that was, and whether a repeat makes sense. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "base/result.h"
#include "clickhouse/connection.h"
#include "clickhouse/reply.h"
#include "clickhouse/retry.h"

namespace chimera::clickhouse {

/// What an attempt says about its host.
enum class Health {
  kUnknown,  ///< nothing, as after a cancellation
  kWorks,    ///< it answered, whatever it said
  kFailed,   ///< refused, no answer to the attempt to connect, TLS, broken off, or HTTP 502, 503, 504
};

struct Verdict {
  std::optional<Error> error;  ///< nullopt: a result
  Setback setback = Setback::kFinal;
  Health health = Health::kUnknown;
  bool unclear = false;  ///< a statement that changes something may have been carried out
  bool lasting = false;  ///< the same host would fail again however long one waits; another may not

  static Verdict Final(Error error) {
    Verdict verdict;
    verdict.error = std::move(error);
    return verdict;
  }
};

/// Judges an exchange that took `took`. `reply` is what its receiver got.
Verdict Judge(Kind kind, const Endpoint& endpoint, const Exchange& exchange, const TextReply& reply,
              std::chrono::steady_clock::duration took);

}  // namespace chimera::clickhouse
