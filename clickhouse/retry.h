// When a statement that failed may be sent again, and after which pause. Knows no connections and no clock. Pure; a
// `Backoff` belongs to one call.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

namespace chimera::clickhouse {

/// The pauses of a client: before a repeat, and before a host that failed is tried again.
struct Pace {
  std::chrono::milliseconds first_pause{50};  ///< doubled with every repeat; a random part of it is waited
  std::chrono::milliseconds longest_pause{1000};
  std::chrono::milliseconds first_cooldown{100};  ///< doubled with every failed attempt to come back
  std::chrono::milliseconds longest_cooldown{1000};
};

enum class Kind { kRead, kWrite, kExecute };

/// How an attempt failed, as far as a repeat is concerned.
enum class Setback {
  kFinal,    ///< a repeat would fail in the same way, or nobody waits for it
  kUnsent,   ///< nothing of the statement left this process
  kRefused,  ///< the server did not begin it, and may do so later
  kPassing,  ///< an exception that passes by itself, after the server had begun
  kBroken,   ///< no whole answer: it may have been carried out, and may still run
};

/// What an exception of ClickHouse, by its number and text, says about a repeat: kFinal, kRefused or kPassing.
Setback SetbackOf(int exception, std::string_view text);

/// True for an exception after which the rows of an insert may be stored nevertheless.
bool LeavesInsertOpen(int exception);

enum class Repeat {
  kNo,
  kAnywhere,
  kIfDeduplicated,  ///< only where the table recognises the repeat
};

/// What may be done about a setback:
///
/// | | unsent | refused | passing | broken |
/// | --- | --- | --- | --- | --- |
/// | read | anywhere | anywhere | anywhere | anywhere |
/// | write | anywhere | anywhere | if deduplicated | if deduplicated |
/// | execute (DDL) | anywhere | no | no | no |
Repeat MayRepeat(Kind kind, Setback setback);

/// Counts the attempts of one call: exponential backoff with full jitter, so that callers that failed together do not
/// come back together.
class Backoff {
 public:
  /// `random` gives numbers from 0 up to 1.
  Backoff(int retries, const Pace& pace, std::function<double()> random);

  /// Takes one of the retries: the pause before it, or nullopt when none is left.
  std::optional<std::chrono::milliseconds> Next();

  /// Attempts begun so far, the first included.
  int Attempts() const { return used_ + 1; }

 private:
  const int retries_;
  const Pace pace_;
  const std::function<double()> random_;
  int used_ = 0;
};

}  // namespace chimera::clickhouse
