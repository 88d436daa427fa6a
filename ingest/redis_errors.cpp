#include "ingest/redis_errors.h"

#include <array>
#include <chrono>
#include <optional>

#include "base/redaction.h"
#include "base/text.h"

namespace chimera::ingest {
namespace {

constexpr size_t kShown = 300;
constexpr std::chrono::seconds kMemoryWait{5};
constexpr std::chrono::seconds kLoadingWait{1};

struct Refusal {
  std::string_view sign;  ///< in the reply: at its begin, or behind the words of a script
  ErrorCode code;
  std::string_view what;
  std::string_view hint;
  std::optional<std::chrono::seconds> retry_after = {};
};

constexpr auto kUnavailable = ErrorCode::kUnavailable;
constexpr std::string_view kAccount = "check the user and the password of the buffer's address, and the user's rights";

constexpr std::array kRefusals{
    Refusal{"OOM command not allowed", ErrorCode::kBusy, "has no memory left",
            "try again later, with the same idempotency key; an operator can raise its maxmemory, or look why rows are "
            "not flushed",
            kMemoryWait},
    Refusal{"LOADING ", kUnavailable, "is still loading its data", "try again in a moment", kLoadingWait},
    Refusal{"READONLY ", kUnavailable, "is a replica, which takes no writes", "name the primary as the buffer"},
    Refusal{"MISCONF ", kUnavailable, "takes no writes because it cannot save them", "look at its disk and its log"},
    Refusal{"NOREPLICAS ", kUnavailable, "takes no writes because too few replicas are there", "look at its replicas"},
    Refusal{"MASTERDOWN ", kUnavailable, "has lost its primary", "look at its replication"},
    Refusal{"CLUSTERDOWN ", kUnavailable, "belongs to a cluster that is not whole", "look at the cluster"},
    Refusal{"MOVED ", kUnavailable, "is not the node of the cluster that holds the buffer",
            "name the node of the reply as the buffer"},
    Refusal{"BUSY ", kUnavailable, "is busy with somebody's script", "try again in a moment"},
    Refusal{"NOAUTH ", kUnavailable, "demands a password", kAccount},
    Refusal{"WRONGPASS ", kUnavailable, "does not accept the user or the password", kAccount},
    Refusal{"invalid password", kUnavailable, "does not accept the password", kAccount},
    Refusal{"without any password configured", kUnavailable, "has no password, but one was given", kAccount},
    Refusal{"NOPERM ", kUnavailable, "does not let this user do that", kAccount},
    Refusal{"The user executing the script", kUnavailable, "does not let this user do that", kAccount},
    Refusal{"WRONGTYPE ", kUnavailable, "has other data under the buffer's keys",
            "give the buffer a prefix of its own"},
    Refusal{"DB index is out of range", kUnavailable, "has no database of that number",
            "mend the number at the end of the buffer's address"},
    Refusal{"nknown command", kUnavailable, "does not know a command that the buffer needs",
            "use Redis 6.2 or newer, or one that is compatible"},
    Refusal{"max number of clients reached", kUnavailable, "takes no more connections", "raise its maxclients"},
};

}  // namespace

Error RedisUnreachable(const std::string& name, const std::string& why) {
  return MakeError(kUnavailable, "the buffer in Redis at " + name + " cannot be reached: " + why,
                   "check that Redis runs at " + name + " and can be reached from here; try again in a moment");
}

Error RedisRefusal(const std::string& name, std::string_view text) {
  const std::string said = " (\"" + Cut(Redacted(text), kShown) + "\")";
  for (const Refusal& refusal : kRefusals) {
    if (text.find(refusal.sign) == std::string_view::npos) continue;
    Error error =
        MakeError(refusal.code, "Redis at " + name + " " + std::string(refusal.what) + said, std::string(refusal.hint));
    error.retry_after = refusal.retry_after;
    return error;
  }
  return MakeError(kUnavailable, "Redis at " + name + " refused a command" + said, "look into its log");
}

}  // namespace chimera::ingest
