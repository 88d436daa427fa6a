#include "auth/token_file.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/base64.h"
#include "base/log.h"
#include "base/text.h"

namespace chimera::auth {
namespace {

constexpr std::string_view kPrefix = "chimera_";
constexpr size_t kSecretBytes = 32;
constexpr size_t kHashDigits = 64;
constexpr size_t kMaxFileBytes = 1u << 20;
constexpr size_t kMaxPasswordBytes = 64u << 10;
constexpr size_t kMaxNameBytes = 100;

Error Wrong(std::string what, std::string hint = {}) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(what), std::move(hint));
}

std::vector<std::string_view> Words(std::string_view text, std::string_view separators) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

Status CheckName(std::string_view name) {
  const bool fits = !name.empty() && name.size() <= kMaxNameBytes && name.front() != '#' &&
                    std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (fits) return Ok();
  return Wrong("the name must be 1 to 100 printable characters without spaces", "such as `dashboard` or `ana@team`");
}

bool IsHash(std::string_view text) {
  return text.size() == kHashDigits &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

Result<std::string> ReadPassword(const std::string& path) {
  auto read = WatchedFile(path, kMaxPasswordBytes).ReadIfChanged();
  if (!read->ok()) return read->error();
  std::string password = std::move((*read)->text);
  if (password.ends_with('\n')) password.pop_back();
  if (password.ends_with('\r')) password.pop_back();
  return password;
}

Result<std::shared_ptr<const DatabaseAccount>> ReadAccount(const std::vector<std::string_view>& words) {
  std::map<std::string_view, std::string> options;
  for (size_t i = 3; i < words.size(); ++i) {
    const size_t equals = words[i].find('=');
    const std::string_view key = words[i].substr(0, equals);
    if (equals == std::string_view::npos || (key != "account" && key != "password_file")) {
      return Wrong("what follows the scopes must be account=USER or password_file=PATH");
    }
    options[key] = words[i].substr(equals + 1);
  }
  if (options.empty()) return std::shared_ptr<const DatabaseAccount>();
  if (options["account"].empty()) return Wrong("password_file= needs account=USER");
  DatabaseAccount account{options["account"], {}};
  if (const std::string& path = options["password_file"]; !path.empty()) {
    auto password = ReadPassword(path);
    if (!password.ok()) return password.error();
    account.password = *std::move(password);
  }
  return std::make_shared<const DatabaseAccount>(std::move(account));
}

Result<TokenEntry> ParseLine(std::string_view line) {
  const auto words = Words(line, " \t");
  if (words.size() < 3) return Wrong("a line is NAME SHA256 SCOPES", "`chimera-mcp token new NAME` prints one");
  if (Status name = CheckName(words[0]); !name.ok()) return name.error();
  std::string hash = ToLower(words[1]);
  if (!IsHash(hash)) {
    return Wrong("the second word is not a SHA-256 in 64 hex digits",
                 "the token itself does not belong here; `chimera-mcp token new NAME` prints the line");
  }
  auto scopes = ParseScopes(words[2]);
  if (!scopes.ok()) return scopes.error();
  auto account = ReadAccount(words);
  if (!account.ok()) return account.error();
  auto principal = std::make_shared<const Principal>(Principal{std::string(words[0]), *scopes, *std::move(account)});
  return TokenEntry{std::move(hash), std::move(principal)};
}

/// What keeps a file from being trusted.
std::string ModeProblem(mode_t mode) {
  return (mode & S_IWOTH) != 0 ? "everybody may write it, and so let himself in: chmod o-w" : "";
}

void WarnOfReaders(const std::string& path, mode_t mode) {
  if ((mode & S_IROTH) == 0 || path.starts_with("/run/secrets/")) return;  // containers mount secrets so
  log::Warning("every user of this machine can read " + path + ", which holds hashes of tokens: chmod 600 it");
}

}  // namespace

std::string NewToken() {
  std::string bytes(kSecretBytes, '\0');
  if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) != 1)
    std::abort();
  return std::string(kPrefix) + Base64Url(bytes);
}

Result<std::string> TokenLine(std::string_view name, std::string_view token, std::string_view scopes) {
  if (Status checked = CheckName(name); !checked.ok()) return checked.error();
  auto parsed = ParseScopes(scopes);
  if (!parsed.ok()) return parsed.error();
  return std::string(name) + " " + Sha256Hex(token) + " " + Join(NamesOf(*parsed), ",");
}

Result<Scopes> ParseScopes(std::string_view text) {
  Scopes scopes;
  const auto words = Words(text, ", ");
  for (const auto word : words) {
    const auto scope = ScopeOf(word);
    if (!scope)
      return Wrong("`" + std::string(word.substr(0, 40)) + "` is no scope", "scopes are read, write and admin");
    scopes.Add(*scope);
  }
  if (words.empty()) return Wrong("no scope is named", "scopes are read, write and admin, separated by commas");
  return scopes;
}

std::vector<TokenEntry> ParseTokenFile(std::string_view text, std::vector<std::string>& problems) {
  std::vector<TokenEntry> entries;
  std::set<std::string> hashes;
  size_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty() || line.front() == '#') continue;
    auto entry = ParseLine(line);
    if (entry.ok() && !hashes.insert(entry->hash).second) entry = Wrong("another line has the same token");
    if (entry.ok()) {
      entries.push_back(*std::move(entry));
      continue;
    }
    const Error& error = entry.error();
    problems.push_back("line " + std::to_string(number) + ": " + error.message +
                       (error.hint.empty() ? "" : " (" + error.hint + ")"));
  }
  return entries;
}

TokenFile::TokenFile(const std::string& path) : file_(path, kMaxFileBytes) {}

Result<std::unique_ptr<TokenFile>> TokenFile::Open(const std::string& path) {
  std::unique_ptr<TokenFile> tokens(new TokenFile(path));
  const auto problems = tokens->Refresh();
  if (!problems.empty()) return Wrong("the token file " + problems.front(), "docs/authorization.md shows its form");
  return tokens;
}

/// What was wrong, if it was read just now.
std::vector<std::string> TokenFile::Refresh() {
  auto changed = file_.ReadIfChanged();
  if (!changed) return {};
  std::vector<std::string> problems;
  auto entries = std::make_shared<Entries>();
  if (!changed->ok()) {
    problems.push_back(changed->error().message);
  } else if (const std::string problem = ModeProblem((*changed)->mode); !problem.empty()) {
    problems.push_back(file_.Path() + ": " + problem);
  } else {
    WarnOfReaders(file_.Path(), (*changed)->mode);
    *entries = ParseTokenFile((*changed)->text, problems);
    for (auto& line : problems) line = file_.Path() + ", " + line;
  }
  entries_ = std::move(entries);
  return problems;
}

std::shared_ptr<const TokenFile::Entries> TokenFile::Current() {
  const std::lock_guard lock(mutex_);
  for (const auto& problem : Refresh()) log::Error("the token file " + problem + "; that lets nobody in");
  return entries_;
}

std::shared_ptr<const Principal> TokenFile::Find(std::string_view token) {
  const std::string hash = Sha256Hex(token);
  std::shared_ptr<const Principal> found;
  for (const TokenEntry& entry : *Current()) {
    if (CRYPTO_memcmp(entry.hash.data(), hash.data(), kHashDigits) == 0) found = entry.principal;
  }
  return found;
}

}  // namespace chimera::auth
