// What lies outside of an engine and must stay untouched: a folder with a file that only the test knows, and a server
// on this machine that nobody should call. The kernel tells whether the folder was touched, so that no disguise of an
// answer hides it. Used by one thread; a forked process may go on using its copy.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/security/corpus.h"

namespace chimera::security {

/// What happened outside, for people; empty: nothing.
struct Touch {
  std::string files, server;
};

class Outside {
 public:
  /// Makes `folder`/outside. Ends the process with a message when it cannot.
  explicit Outside(const std::string& folder);
  Outside(const Outside&) = delete;
  ~Outside();

  const std::string& Secret() const { return secret_; }  ///< path of the file
  const std::string& Port() const { return port_; }      ///< of 127.0.0.1, TCP and UDP

  /// `text` with %s for Secret(), %o for the folder and %p for Port().
  std::string Fill(std::string text) const;
  /// `text` with its own paths and addresses turned to these: /etc/passwd, /tmp/…, http://….
  std::string Aim(std::string text) const;

  /// What has happened here since the last call. Waits for nothing.
  Touch Touched();
  /// Whether an answer shows what stands in the file, or the beginning of /etc/passwd.
  static bool ShownIn(std::string_view answer);

 private:
  std::string folder_, secret_, port_;
  int tcp_ = -1, udp_ = -1, watch_ = -1;
};

/// Statements that reach for what Fill names. None needs a table.
const std::vector<std::string>& ReachingForFiles();
const std::vector<std::string>& ReachingForServers();
/// The same by clients that try again for half a minute when only the network is missing.
const std::vector<std::string>& ReachingPatiently();
/// The first two, filled; every line of hostile.jsonl, and once more aimed where that changes it.
std::vector<std::string> HostileStatements(const Outside& outside);

}  // namespace chimera::security
