// Where the keys of an authorization server come from: a file, or a URL that is asked now and then. Keys that were good
// once stay until newer ones have come, so that a server that is away for a while locks nobody out. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "auth/jwk_set.h"
#include "auth/watched_file.h"

namespace chimera::auth {

class KeySource {
 public:
  using Clock = std::chrono::steady_clock;
  /// The body that a GET of the URL is answered with (200), bounded in size and time; errors say why not.
  using Fetch = std::function<Result<std::string>(const std::string& url)>;
  using Keys = std::shared_ptr<const JwkSet>;

  /// Keys from a file, which is read again when it changes. kIoError and kInvalidArgument when there are none in it.
  static Result<std::unique_ptr<KeySource>> FromFile(const std::string& path);

  struct Ages {
    std::chrono::seconds between{60};     ///< least time between two fetches
    std::chrono::seconds fresh{15 * 60};  ///< older keys are fetched again, so that a withdrawn one ends
  };
  /// Keys from a URL. Fetches nothing yet. `now` is a parameter for tests.
  static std::unique_ptr<KeySource> FromUrl(std::string url, Fetch fetch, Ages ages,
                                            std::function<Clock::time_point()> now = Clock::now);

  /// The keys in force; null: none have come yet. Blocks for a fetch when they are too old.
  Keys Current();
  /// The keys, after a look for newer ones: because a token names one that is not among `known`. Blocks for a fetch,
  /// which happens once a minute at most.
  Keys Newer(const Keys& known);

 private:
  KeySource() = default;
  void ReadFile();
  void FetchOnce(const Keys& known);
  void Take(Result<JwkSet> keys, const std::string& from);
  Keys Held();

  std::mutex mutex_;  ///< guards keys_, file_ and the times; never held while fetching
  Keys keys_;
  std::unique_ptr<WatchedFile> file_;
  std::string url_;
  Fetch fetch_;
  Ages ages_;
  std::function<Clock::time_point()> now_;
  std::mutex fetching_;  ///< held by the one who fetches
  Clock::time_point next_fetch_ = Clock::time_point::min();
  Clock::time_point stale_at_ = Clock::time_point::min();
};

}  // namespace chimera::auth
