// The right to flush a buffer in Redis: a key that expires, with a number that grows each time the right is given, so
// that scripts can tell its holder from one that was too slow.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "ingest/redis_client.h"

namespace chimera::ingest {

/// Who holds the lease for one store: nobody, or one RedisLease. Thread-safe.
class LeaseHolder {
 public:
  /// As Store::TryLease. Null also while another lease of this holder lives, lost or not: whose call a store's is would
  /// be unknown otherwise.
  static Result<std::unique_ptr<Lease>> Take(const std::shared_ptr<LeaseHolder>& holder,
                                             const std::shared_ptr<RedisClient>& client,
                                             std::shared_ptr<const RedisScripts> scripts,
                                             const RequestContext& context);
  /// What the scripts of the holder have to show; empty: no lease is held.
  std::string Token() const;

 private:
  friend class RedisLease;
  bool Hold(const std::string& token);
  void Drop();

  mutable std::mutex mutex_;  ///< guards the token
  std::string token_;
};

}  // namespace chimera::ingest
