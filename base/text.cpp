#include "base/text.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <numeric>

namespace chimera {
namespace {

std::string Hex(const unsigned char* bytes, size_t count) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  out.reserve(count * 2);
  for (size_t i = 0; i < count; ++i) {
    out += kHex[bytes[i] >> 4];
    out += kHex[bytes[i] & 15];
  }
  return out;
}

// A generator that cannot give bytes leaves nothing to go on with: ids would be guessable.
void RandomBytes(unsigned char* out, size_t count) {
  if (RAND_bytes(out, static_cast<int>(count)) != 1) std::abort();
}

// Edit distance with transpositions of neighbours (optimal string alignment).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t cost = a[i - 1] == b[j - 1] ? 0 : 1;
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + cost});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

constexpr size_t kFar = 1000;

// How far `candidate` is from `name`; kFar when it should not be proposed.
size_t Distance(const std::string& name, const std::string& candidate) {
  if (name.size() > 128 || candidate.size() > 128) return kFar;
  const size_t distance = EditDistance(name, candidate);
  const size_t allowed = std::max<size_t>(1, std::max(name.size(), candidate.size()) / 3);
  if (distance <= allowed) return distance;
  const bool contains = name.size() >= 3 && candidate.find(name) != std::string::npos;
  const bool contained = candidate.size() >= 4 && name.find(candidate) != std::string::npos;
  return contains || contained ? allowed + 1 : kFar;
}

size_t SequenceLength(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return 2;
  if (lead >= 0xE0 && lead <= 0xEF) return 3;
  if (lead >= 0xF0 && lead <= 0xF4) return 4;
  return 0;
}

// The second byte rules out overlong forms, surrogates and what lies above U+10FFFF (Unicode 15, table 3-7).
bool SecondByteFits(unsigned char lead, unsigned char second) {
  const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= low && second <= high;
}

// The length of the well-formed sequence at `i`, or 0.
size_t WellFormedLength(std::string_view text, size_t i) {
  const auto lead = static_cast<unsigned char>(text[i]);
  const size_t length = SequenceLength(lead);
  if (length == 0 || i + length > text.size()) return 0;
  if (length > 1 && !SecondByteFits(lead, static_cast<unsigned char>(text[i + 1]))) return 0;
  for (size_t k = 2; k < length; ++k) {
    if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return 0;
  }
  return length;
}

// The first byte from `i` on that is not ASCII; eight at a time, because whole results pass through here.
size_t SkipAscii(std::string_view text, size_t i) {
  for (uint64_t word = 0; i + sizeof word <= text.size(); i += sizeof word) {
    std::memcpy(&word, text.data() + i, sizeof word);
    if ((word & 0x8080808080808080u) != 0) break;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i;
}

}  // namespace

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const auto& part : parts) {
    if (!out.empty() || &part != parts.data()) out += separator;
    out += part;
  }
  return out;
}

std::string ToLower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return out;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string> Nearest(std::string_view name, const std::vector<std::string>& candidates, size_t max) {
  const std::string lower = ToLower(name);
  std::vector<std::pair<size_t, std::string>> near;
  for (const auto& candidate : candidates) {
    const size_t distance = Distance(lower, ToLower(candidate));
    if (distance != kFar) near.emplace_back(distance, candidate);
  }
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> out;
  for (size_t i = 0; i < near.size() && i < max; ++i) out.push_back(near[i].second);
  return out;
}

std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates) {
  std::vector<std::string> near = Nearest(name, candidates);
  if (near.empty()) return {};
  for (auto& candidate : near) candidate = "`" + candidate + "`";
  return "did you mean " + Join(near, " or ") + "?";
}

std::string Cut(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

bool IsValidUtf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    i = SkipAscii(text, i);
    if (i == text.size()) return true;
    const size_t length = WellFormedLength(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (size_t i = 0; i < text.size();) {
    const size_t length = WellFormedLength(text, i);
    out += length == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(i, length);
    i += std::max<size_t>(length, 1);
  }
  return out;
}

std::string Sha256Hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return Hex(digest.data(), digest.size());
}

std::string RandomHex(size_t bytes) {
  std::vector<unsigned char> buffer(bytes);
  RandomBytes(buffer.data(), buffer.size());
  return Hex(buffer.data(), buffer.size());
}

std::string NewUuid() {
  std::array<unsigned char, 16> bytes{};
  RandomBytes(bytes.data(), bytes.size());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string hex = Hex(bytes.data(), bytes.size());
  for (size_t at : {20, 16, 12, 8}) hex.insert(at, "-");
  return hex;
}

}  // namespace chimera
