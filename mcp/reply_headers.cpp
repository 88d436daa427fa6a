#include "mcp/reply_headers.h"

#include <algorithm>

namespace chimera::mcp {
namespace {

bool IsName(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool IsValue(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

}  // namespace

Headers SafeHeaders(Headers headers) {
  std::erase_if(headers, [](const auto& header) { return !IsName(header.first) || !IsValue(header.second); });
  return headers;
}

}  // namespace chimera::mcp
