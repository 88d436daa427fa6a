#include "guide/table_uri.h"

#include <cctype>

#include "base/text.h"

namespace chimera::guide {
namespace {

constexpr std::string_view kTables = "clickhouse://";
constexpr std::string_view kDatasets = "chimera://datasets/";
constexpr std::string_view kHex = "0123456789ABCDEF";

bool IsUnreserved(unsigned char c) {
  return c < 128 && (std::isalnum(c) || std::string_view("-._~").find(static_cast<char>(c)) != std::string_view::npos);
}

std::string Encoded(std::string_view name) {
  std::string text;
  for (const unsigned char c : name) {
    if (IsUnreserved(c)) {
      text += static_cast<char>(c);
    } else {
      text += {'%', kHex[c >> 4], kHex[c & 15]};
    }
  }
  return text;
}

int HexDigit(char c) {
  const size_t at = kHex.find(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

/// Nothing for what is no component: an empty one, one with delimiters of URIs, with a bad escape or bytes that are no
/// text.
std::optional<std::string> Decoded(std::string_view text) {
  std::string name;
  for (size_t i = 0; i < text.size(); ++i) {
    if (std::string_view("/?#").find(text[i]) != std::string_view::npos) return std::nullopt;
    if (text[i] != '%') {
      name += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = HexDigit(text[i + 1]), low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    name += static_cast<char>(high * 16 + low);
    i += 2;
  }
  const bool is_text = !name.empty() && IsValidUtf8(name) && name.find('\0') == std::string::npos;
  return is_text ? std::optional(name) : std::nullopt;
}

}  // namespace

std::string TableUri(std::string_view database, std::string_view table) {
  return std::string(kTables) + Encoded(database) + "/" + Encoded(table);
}

std::optional<TableName> ParseTableUri(std::string_view uri) {
  if (!uri.starts_with(kTables)) return std::nullopt;
  uri.remove_prefix(kTables.size());
  const size_t slash = uri.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto database = Decoded(uri.substr(0, slash)), table = Decoded(uri.substr(slash + 1));
  if (!database || !table) return std::nullopt;
  return TableName{std::move(*database), std::move(*table)};
}

std::string DatasetUri(std::string_view dataset) {
  return std::string(kDatasets) + Encoded(dataset);
}

std::optional<std::string> ParseDatasetUri(std::string_view uri) {
  if (!uri.starts_with(kDatasets)) return std::nullopt;
  return Decoded(uri.substr(kDatasets.size()));
}

}  // namespace chimera::guide
