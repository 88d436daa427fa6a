// Makes connections to one endpoint, step by step: name, TCP or Unix socket, TLS. Keeps what they share.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "clickhouse/channel.h"
#include "clickhouse/endpoint.h"
#include "clickhouse/resolver.h"

namespace chimera::clickhouse {

/// Every step blocks until `until` at most, and is thread-safe.
class Dialer {
 public:
  /// All steps together.
  Attempt<std::unique_ptr<Channel>> Dial(const Endpoint& endpoint, const Patience& patience, Deadline until);

  Attempt<std::vector<Address>> Resolve(const Endpoint& endpoint, const Patience& patience, Deadline until) {
    return resolver_.Resolve(endpoint.host, endpoint.port, patience, until);
  }
  /// Tries one address after the other, and gives each its share of the time.
  Attempt<std::unique_ptr<Channel>> Connect(const std::vector<Address>& addresses, const Patience& patience,
                                            Deadline until) const;
  Attempt<std::unique_ptr<Channel>> ConnectUnix(const std::string& path, const Patience& patience,
                                                Deadline until) const;
  /// Nothing when the peer is who it should be, else why not: kTlsSilent while it has never spoken TLS.
  std::optional<Exchange> Secure(Channel& channel, const Endpoint& endpoint, const Patience& patience, Deadline until);

  /// Why a peer closed a first, plain connection without a word: looks whether it answers to TLS, for a moment, and
  /// only while it has never answered otherwise. Nothing when that was not it.
  std::optional<Exchange> ExplainSilence(const Endpoint& endpoint, const Patience& patience);
  /// The peer answered a request.
  void NoteAnswer() { has_answered_ = true; }
  bool HasAnswered() const { return has_answered_; }

 private:
  Result<std::shared_ptr<TlsContext>> ContextFor(const TlsOptions& options);

  Resolver resolver_;
  std::atomic<bool> has_answered_{false};
  std::atomic<bool> has_spoken_tls_{false};
  std::mutex mutex_;  ///< guards the context
  std::shared_ptr<TlsContext> context_;
};

}  // namespace chimera::clickhouse
