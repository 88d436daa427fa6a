// What each account may do on each host, learned once by the first call that needs it while others wait for its
// answer. Knows no connections. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/request_context.h"
#include "base/result.h"
#include "clickhouse/account_profile.h"

namespace chimera::clickhouse {

class ProfileCache {
 public:
  using Profile = std::shared_ptr<const AccountProfile>;

  /// `slots`: pairs of host and account, numbered by the caller.
  explicit ProfileCache(size_t slots) : slots_(slots) {}

  /// The profile of `slot`; null while nobody has learned it.
  Profile Known(size_t slot);

  /// The profile of `slot`. Without one, the first caller learns it, on its own thread; when that fails, the error is
  /// its own, and the next one tries. Waits until the context's deadline (kTimeout) or cancellation (kCancelled).
  Result<Profile> Obtain(size_t slot, const RequestContext& context,
                         const std::function<Result<AccountProfile>()>& learn);

  /// Has the profile learned again at its next use, unless it is no longer `outdated`; nullptr: in any case.
  void Forget(size_t slot, const Profile& outdated);

 private:
  struct Slot {
    Profile profile;
    bool learning = false;
  };

  std::mutex mutex_;  ///< guards the slots; not held while learning
  std::condition_variable_any changed_;
  std::vector<Slot> slots_;
};

}  // namespace chimera::clickhouse
