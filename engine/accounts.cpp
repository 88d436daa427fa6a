#include "engine/accounts.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/text.h"
#include "engine/exception.h"

namespace chimera::engine {
namespace {

constexpr std::string_view kReadonly = ":readonly";
constexpr char kForm[] = "write NAME:PASSWORD or NAME:PASSWORD:readonly";

bool SameDigest(const std::string& a, const std::string& b) {
  return CRYPTO_memcmp(a.data(), b.data(), std::min(a.size(), b.size())) == 0 && a.size() == b.size();
}

/// `where` names the entry without showing it: it holds a password.
Status Add(std::vector<Account>& accounts, std::string_view entry, const std::string& where) {
  Account account;
  account.readonly = entry.ends_with(kReadonly) && std::ranges::count(entry, ':') > 1;
  if (account.readonly) entry.remove_suffix(kReadonly.size());
  const size_t colon = entry.find(':');
  if (colon == std::string_view::npos || colon == 0)
    return MakeError(ErrorCode::kInvalidArgument, where + " is not an account", kForm);
  account.name = entry.substr(0, colon);
  account.password_digest = Sha256Hex(entry.substr(colon + 1));
  const auto same = [&](const Account& other) { return other.name == account.name; };
  if (std::ranges::any_of(accounts, same))
    return MakeError(ErrorCode::kInvalidArgument, where + " names the account '" + account.name + "' again",
                     "name every account once");
  accounts.push_back(std::move(account));
  return Ok();
}

Status AddFile(std::vector<Account>& accounts, const std::string& path) {
  std::ifstream file(path);
  size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    const std::string where = "line " + std::to_string(++number) + " of " + path;
    if (line.ends_with('\r')) line.pop_back();
    if (Trim(line).empty() || line.starts_with('#')) continue;
    if (Status added = Add(accounts, line, where); !added) return added;
  }
  if (file.eof() && !file.bad()) return Ok();
  return MakeError(ErrorCode::kIoError, "the accounts in " + path + " cannot be read: " + std::strerror(errno),
                   "name a file of lines with --users-file; " + std::string(kForm));
}

}  // namespace

Accounts::Accounts() : accounts_{{"default", Sha256Hex(""), false}} {}

Result<Accounts> Accounts::Read(const std::vector<std::string>& entries, const std::string& file) {
  std::vector<Account> accounts;
  for (size_t i = 0; i < entries.size(); ++i) {
    const std::string where = "the value of --user number " + std::to_string(i + 1);
    if (Status added = Add(accounts, entries[i], where); !added) return added.error();
  }
  if (!file.empty()) {
    if (Status added = AddFile(accounts, file); !added) return added.error();
    if (accounts.empty()) return MakeError(ErrorCode::kInvalidArgument, file + " names no account", kForm);
  }
  return accounts.empty() ? Accounts() : Accounts(std::move(accounts));
}

Result<Account> Accounts::Authenticate(const std::string& name, std::string_view password) const {
  const std::string digest = Sha256Hex(password);
  const Account* found = nullptr;
  for (const Account& account : accounts_) {
    const bool named = SameDigest(Sha256Hex(account.name), Sha256Hex(name));
    const bool right = SameDigest(account.password_digest, digest);
    if (named && right) found = &account;
  }
  if (found) return *found;
  return Exception(kAuthenticationFailed,
                   name + ": Authentication failed: password is incorrect, or there is no user with such name.");
}

}  // namespace chimera::engine
