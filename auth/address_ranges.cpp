#include "auth/address_ranges.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace chimera::auth {
namespace {

constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

bool BitAt(const std::array<uint8_t, 16>& bytes, int bit) {
  return (bytes[static_cast<size_t>(bit) / 8] >> (7 - bit % 8) & 1) != 0;
}

Error NoRange(const std::string& text, const std::string& why) {
  return MakeError(ErrorCode::kInvalidArgument, "`" + text + "` " + why,
                   "write ranges as 10.0.0.0/8 or 2001:db8::/32, single addresses as they are, separated by commas");
}

}  // namespace

bool AddressRanges::Read(std::string_view text, Bytes& bytes, bool& is_v4) {
  const std::string whole(text);
  is_v4 = text.find(':') == std::string_view::npos;
  if (!is_v4) return inet_pton(AF_INET6, whole.c_str(), bytes.data()) == 1;
  std::copy(kMapped.begin(), kMapped.end(), bytes.begin());
  return inet_pton(AF_INET, whole.c_str(), bytes.data() + kMapped.size()) == 1;
}

Result<AddressRanges> AddressRanges::Parse(const std::vector<std::string>& texts) {
  AddressRanges out;
  for (const std::string& text : texts) {
    const size_t slash = std::min(text.find('/'), text.size());
    Range range{};
    bool is_v4 = false;
    if (!Read(std::string_view(text).substr(0, slash), range.first, is_v4)) {
      return NoRange(text, "is no address range");
    }
    const int most = is_v4 ? 32 : 128;
    range.bits = most;
    if (slash < text.size()) {
      const char* end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, range.bits);
      if (error != std::errc() || stop != end || range.bits < 0 || range.bits > most) {
        return NoRange(text, "has no prefix length from 0 to " + std::to_string(most));
      }
    }
    range.bits += 128 - most;
    for (int bit = range.bits; bit < 128; ++bit) {
      if (BitAt(range.first, bit)) return NoRange(text, "has bits set beyond its prefix");
    }
    out.ranges_.push_back(range);
  }
  return out;
}

bool AddressRanges::Contain(std::string_view address) const {
  Bytes bytes;
  bool is_v4 = false;
  if (!Read(address.substr(0, address.find('%')), bytes, is_v4)) return false;  // fe80::1%eth0
  return std::any_of(ranges_.begin(), ranges_.end(), [&](const Range& range) {
    const auto whole = static_cast<size_t>(range.bits) / 8;
    if (std::memcmp(bytes.data(), range.first.data(), whole) != 0) return false;
    for (int bit = static_cast<int>(whole) * 8; bit < range.bits; ++bit) {
      if (BitAt(bytes, bit) != BitAt(range.first, bit)) return false;
    }
    return true;
  });
}

}  // namespace chimera::auth
