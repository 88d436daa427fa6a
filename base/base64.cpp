#include "base/base64.h"

#include <openssl/evp.h>

#include <algorithm>
#include <utility>

namespace chimera {

std::string Base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL adds a NUL
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(size));
  return text;
}

std::optional<std::string> FromBase64(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";  // which OpenSSL would skip
  if (text.size() % 4 != 0 || text.find_first_of(kSpace) != std::string_view::npos) return std::nullopt;
  std::string bytes(text.size() / 4 * 3 + 1, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const auto padding = std::count(text.end() - std::min<size_t>(text.size(), 2), text.end(), '=');
  bytes.resize(static_cast<size_t>(size) - static_cast<size_t>(padding));
  return bytes;
}

std::string Base64Url(std::string_view bytes) {
  std::string text = Base64(bytes);
  text.erase(std::min(text.find('='), text.size()));
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  return text;
}

std::optional<std::string> FromBase64Url(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '-', '+');
  std::replace(plain.begin(), plain.end(), '_', '/');
  plain.append((4 - plain.size() % 4) % 4, '=');
  auto bytes = FromBase64(plain);
  return bytes && Base64Url(*bytes) == text ? std::move(bytes) : std::nullopt;
}

}  // namespace chimera
