#include "clickhouse/profile_cache.h"

#include <utility>

namespace chimera::clickhouse {

ProfileCache::Profile ProfileCache::Known(size_t number) {
  std::lock_guard lock(mutex_);
  return slots_[number].profile;
}

Result<ProfileCache::Profile> ProfileCache::Obtain(size_t number, const RequestContext& context,
                                                   const std::function<Result<AccountProfile>()>& learn) {
  std::unique_lock lock(mutex_);
  Slot& slot = slots_[number];
  auto until = Deadline::Clock::now() + context.deadline.Remaining();
  if (!changed_.wait_until(lock, context.stop, until, [&slot] { return slot.profile || !slot.learning; })) {
    if (context.Cancelled()) return MakeError(ErrorCode::kCancelled, "the request was cancelled");
    return MakeError(ErrorCode::kTimeout, "the database did not say before the deadline what the account may do",
                     "try again in a moment");
  }
  if (slot.profile) return slot.profile;
  slot.learning = true;
  lock.unlock();
  auto learned = learn();
  lock.lock();
  slot.learning = false;
  if (learned) slot.profile = std::make_shared<const AccountProfile>(*learned);
  changed_.notify_all();
  if (!learned) return std::move(learned).error();
  return slot.profile;
}

void ProfileCache::Forget(size_t number, const Profile& outdated) {
  std::lock_guard lock(mutex_);
  Slot& slot = slots_[number];
  if (!outdated || slot.profile == outdated) slot.profile = nullptr;
}

}  // namespace chimera::clickhouse
