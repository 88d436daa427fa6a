#include "ingest/redis_lease.h"

#include <utility>

#include "base/text.h"
#include "ingest/redis_answers.h"

namespace chimera::ingest {
namespace {

constexpr size_t kOwnerBytes = 16;

}  // namespace

class RedisLease : public Lease {
 public:
  RedisLease(std::shared_ptr<LeaseHolder> holder, std::shared_ptr<RedisClient> client,
             std::shared_ptr<const RedisScripts> scripts, std::string token, Deadline ends)
      : holder_(std::move(holder)),
        client_(std::move(client)),
        scripts_(std::move(scripts)),
        token_(std::move(token)),
        ends_(ends) {}

  ~RedisLease() override {
    holder_->Drop();
    (void)client_->Run(Context(), scripts_->release_lease, {token_});  // it expires otherwise
  }

  /// While Redis cannot be asked, it is ours until its time is over.
  bool Renew() override {
    const auto life = client_->Options().lease_time;
    const Deadline ends = Deadline::After(life);
    auto answer = client_->Run(Context(), scripts_->renew_lease, {token_, std::to_string(life.count())});
    if (!answer) return !ends_.Expired();
    if (WordOf(*answer) != "ok") return false;
    ends_ = ends;
    return true;
  }

 private:
  RequestContext Context() const { return RequestContext::For("lease", client_->Options().connect_timeout, {}); }

  const std::shared_ptr<LeaseHolder> holder_;
  const std::shared_ptr<RedisClient> client_;
  const std::shared_ptr<const RedisScripts> scripts_;
  const std::string token_;
  Deadline ends_;
};

Result<std::unique_ptr<Lease>> LeaseHolder::Take(const std::shared_ptr<LeaseHolder>& holder,
                                                 const std::shared_ptr<RedisClient>& client,
                                                 std::shared_ptr<const RedisScripts> scripts,
                                                 const RequestContext& context) {
  if (!holder->Token().empty()) return std::unique_ptr<Lease>();
  const auto life = client->Options().lease_time;
  const Deadline ends = Deadline::After(life);
  auto answer = client->Run(context, scripts->take_lease, {RandomHex(kOwnerBytes), std::to_string(life.count())});
  if (!answer) return std::move(answer).error();
  if (WordOf(*answer) != "taken") return std::unique_ptr<Lease>();
  const std::string token(PartOf(*answer, 1));
  if (!holder->Hold(token)) return std::unique_ptr<Lease>();
  return std::unique_ptr<Lease>(std::make_unique<RedisLease>(holder, client, std::move(scripts), token, ends));
}

std::string LeaseHolder::Token() const {
  const std::lock_guard lock(mutex_);
  return token_;
}

bool LeaseHolder::Hold(const std::string& token) {
  const std::lock_guard lock(mutex_);
  if (!token_.empty()) return false;
  token_ = token;
  return true;
}

void LeaseHolder::Drop() {
  const std::lock_guard lock(mutex_);
  token_.clear();
}

}  // namespace chimera::ingest
