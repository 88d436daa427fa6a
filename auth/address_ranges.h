// Which addresses may connect at all: ranges in CIDR notation, IPv4 and IPv6. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace chimera::auth {

class AddressRanges {
 public:
  /// "10.0.0.0/8", "2001:db8::/32", or single addresses. kInvalidArgument naming the first that is neither, or that has
  /// bits set beyond its prefix.
  static Result<AddressRanges> Parse(const std::vector<std::string>& texts);

  /// Whether `address` (as a socket names it) is in one of them. An IPv4 address that came over an IPv6 socket
  /// (::ffff:10.0.0.1) counts as IPv4. False for what is no address.
  bool Contain(std::string_view address) const;
  bool Empty() const { return ranges_.empty(); }

 private:
  using Bytes = std::array<uint8_t, 16>;  ///< IPv4 as ::ffff:a.b.c.d
  struct Range {
    Bytes first;
    int bits;  ///< of the 128
  };
  static bool Read(std::string_view text, Bytes& bytes, bool& is_v4);

  std::vector<Range> ranges_;
};

}  // namespace chimera::auth
