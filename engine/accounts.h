// Who may use an engine: the accounts that it was started with. Passwords are kept as digests only. Immutable once
// read, so every thread may ask.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace chimera::engine {

struct Account {
  std::string name;
  std::string password_digest;  ///< SHA-256, in hex
  bool readonly = false;        ///< ClickHouse's readonly=1 for everything that it does
};

class Accounts {
 public:
  /// `default` without a password: what an engine has that was given no accounts.
  Accounts();
  /// From entries "NAME:PASSWORD[:readonly]" and the lines of `file` (empty: none; blank lines and those that begin
  /// with # are skipped). Without any, the above. The name ends at the first colon; a password may hold colons, but not
  /// end in ":readonly". kInvalidArgument for one that cannot be read or a name that comes twice, kIoError for the
  /// file; no message holds a password.
  static Result<Accounts> Read(const std::vector<std::string>& entries, const std::string& file);

  /// The account, or AUTHENTICATION_FAILED: the same, after the same time, for an unknown name and a wrong password.
  Result<Account> Authenticate(const std::string& name, std::string_view password) const;

 private:
  explicit Accounts(std::vector<Account> accounts) : accounts_(std::move(accounts)) {}

  std::vector<Account> accounts_;
};

}  // namespace chimera::engine
