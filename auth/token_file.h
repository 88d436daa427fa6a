// Static bearer tokens: who holds which, known by their SHA-256 alone. A token has 256 random bits, so a fast hash
// without salt is enough: there is nothing to guess.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "auth/watched_file.h"
#include "base/principal.h"
#include "base/result.h"

namespace chimera::auth {

/// A fresh token: "chimera_" and 256 bits of base64url.
std::string NewToken();
/// The line of a token file for `token`. kInvalidArgument when `name` or `scopes` ("read,write") are not what a line
/// can hold.
Result<std::string> TokenLine(std::string_view name, std::string_view token, std::string_view scopes);

/// The scopes that `text` names, separated by commas or spaces. kInvalidArgument for an unknown one, or none.
Result<Scopes> ParseScopes(std::string_view text);

struct TokenEntry {
  std::string hash;  ///< SHA-256 of the token, 64 lower-case hex digits
  std::shared_ptr<const Principal> principal;
};

/// Lines `NAME SHA256 SCOPES [account=USER] [password_file=PATH]`; `#` begins a comment line. A name may have several
/// lines (two tokens while one replaces the other). What is wrong with a line goes to `problems` ("line 3: …", never
/// its hash), and the line is left out. Reads the password files.
std::vector<TokenEntry> ParseTokenFile(std::string_view text, std::vector<std::string>& problems);

class TokenFile {
 public:
  /// Reads the file: kIoError when that fails or everybody may write it, kInvalidArgument for the first line that
  /// cannot be read. Afterwards it is read again when it changes: then lines that cannot be read are logged and let
  /// nobody in, as does a file that is gone.
  static Result<std::unique_ptr<TokenFile>> Open(const std::string& path);

  /// Who holds `token`; null: nobody. Compares with every entry in constant time. Thread-safe; blocks for the file when
  /// it changed.
  std::shared_ptr<const Principal> Find(std::string_view token);

 private:
  using Entries = std::vector<TokenEntry>;

  explicit TokenFile(const std::string& path);
  std::shared_ptr<const Entries> Current();
  std::vector<std::string> Refresh();

  std::mutex mutex_;  ///< guards what follows
  WatchedFile file_;
  std::shared_ptr<const Entries> entries_ = std::make_shared<Entries>();
};

}  // namespace chimera::auth
