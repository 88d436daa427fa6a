// Who asks, as far as the transport could tell, and what he may do.
#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chimera {

/// What a tool needs: kRead to read data, kWrite to add rows, kAdmin for what concerns the server itself.
enum class Scope { kRead, kWrite, kAdmin };

/// "read", "write" or "admin", as tokens spell them.
constexpr const char* NameOf(Scope scope) {
  constexpr const char* kNames[] = {"read", "write", "admin"};
  return kNames[static_cast<int>(scope)];
}

inline constexpr Scope kScopes[] = {Scope::kRead, Scope::kWrite, Scope::kAdmin};

/// The scope of that name, or nothing.
constexpr std::optional<Scope> ScopeOf(std::string_view name) {
  for (const Scope scope : kScopes) {
    if (name == NameOf(scope)) return scope;
  }
  return std::nullopt;
}

class Scopes {
 public:
  constexpr Scopes(std::initializer_list<Scope> scopes = {}) {
    for (const Scope scope : scopes) Add(scope);
  }
  constexpr void Add(Scope scope) { bits_ |= 1u << static_cast<unsigned>(scope); }
  constexpr bool Has(Scope scope) const { return (bits_ & 1u << static_cast<unsigned>(scope)) != 0; }

 private:
  unsigned bits_ = 0;
};

inline std::vector<std::string> NamesOf(const Scopes& scopes) {
  std::vector<std::string> names;
  for (const Scope scope : kScopes) {
    if (scopes.Has(scope)) names.emplace_back(NameOf(scope));
  }
  return names;
}

/// An account of the database. The password is for the database alone: never print it.
struct DatabaseAccount {
  std::string username;
  std::string password;
};

struct Principal {
  std::string name;  ///< the same for each of his requests; for logs, quotas and the audit log; no secret
  Scopes scopes;
  std::shared_ptr<const DatabaseAccount> database_account = {};  ///< for his statements; null: the server's own
};

}  // namespace chimera
