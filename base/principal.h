// Who asks, as far as the transport could tell, and what he may do.
#pragma once

#include <initializer_list>
#include <string>

namespace chimera {

/// What a tool needs: kRead to read data, kWrite to add rows, kAdmin for what concerns the server itself.
enum class Scope { kRead, kWrite, kAdmin };

/// "read", "write" or "admin", as tokens spell them.
constexpr const char* NameOf(Scope scope) {
  constexpr const char* kNames[] = {"read", "write", "admin"};
  return kNames[static_cast<int>(scope)];
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

struct Principal {
  std::string name;  ///< the same for each of his requests; for logs, quotas and the audit log; no secret
  Scopes scopes;
};

}  // namespace chimera
