#include "tools/masking.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cctype>

namespace chimera::tools {
namespace {

constexpr std::string_view kEscapedAt = "\\u0040";

bool IsLocal(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view(".!#$%&'*+/=?^_`{|}~-").find(c) < 20;
}

bool IsDomain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-';
}

/// Where the local part that ends at `at` begins; not inside of an escape such as \n or \u00e9.
size_t LocalBegin(std::string_view text, size_t from, size_t at) {
  size_t begin = at;
  while (begin > from && IsLocal(text[begin - 1])) --begin;
  const bool escape = begin > from && text[begin - 1] == '\\' && begin < at;
  return escape ? std::min(at, begin + (text[begin] == 'u' ? 5 : 1)) : begin;
}

size_t DomainEnd(std::string_view text, size_t begin) {
  size_t end = begin;
  while (end < text.size() && IsDomain(text[end])) ++end;
  while (end > begin && !std::isalnum(static_cast<unsigned char>(text[end - 1]))) --end;
  return end;
}

bool IsAddress(std::string_view text) {
  const std::string copy(text);
  unsigned char bytes[16];
  return inet_pton(AF_INET, copy.c_str(), bytes) == 1 || inet_pton(AF_INET6, copy.c_str(), bytes) == 1;
}

bool IsAddressByte(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0 || c == '.' || c == ':';
}

/// The address in a run of its bytes: all of it, or what is left without a port or a full stop.
std::string_view AddressIn(std::string_view run) {
  while (!run.empty() && (run.back() == '.' || (run.back() == ':' && !run.ends_with("::")))) run.remove_suffix(1);
  if (IsAddress(run)) return run;
  const std::string_view before_port = run.substr(0, run.rfind(':'));
  return IsAddress(before_port) ? before_port : std::string_view();
}

}  // namespace

std::string MaskEmails(std::string_view text) {
  std::string out;
  size_t done = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text.substr(i, kEscapedAt.size()) == kEscapedAt;
    if (text[i] != '@' && !escaped) continue;
    const size_t domain = i + (escaped ? kEscapedAt.size() : 1);
    const size_t begin = LocalBegin(text, done, i);
    const size_t end = DomainEnd(text, domain);
    if (begin == i || end == domain) continue;
    out.append(text.substr(done, begin - done)).append("<email>");
    done = end;
    i = end - 1;
  }
  return out.append(text.substr(done));
}

std::string MaskIps(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && IsAddressByte(text[end])) ++end;
    const bool whole = i == 0 || !std::isalnum(static_cast<unsigned char>(text[i - 1]));
    const std::string_view address = whole ? AddressIn(text.substr(i, end - i)) : std::string_view();
    if (!address.empty()) {
      out += "<ip>";
      i += address.size();
    }
    end = std::max(end, i + (address.empty() ? 1 : 0));
    out += text.substr(i, end - i);
    i = end;
  }
  return out;
}

}  // namespace chimera::tools
