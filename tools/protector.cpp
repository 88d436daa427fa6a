#include "tools/protector.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "tools/masking.h"

namespace chimera::tools {
namespace {

using schema::Protection;

constexpr std::string_view kHashMark = "hmac:";
constexpr size_t kHashBytes = 16;
constexpr std::string_view kMasked = "***";

bool IsHash(std::string_view text) {
  if (!text.starts_with(kHashMark) || text.size() != kHashMark.size() + 2 * kHashBytes) return false;
  text.remove_prefix(kHashMark.size());
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::string KeyedHash(std::string_view key, std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest, &size);
  std::string out(kHashMark);
  for (size_t i = 0; i < kHashBytes; ++i) out.append({kDigits[digest[i] >> 4], kDigits[digest[i] & 15]});
  return out;
}

Protector::Protector(schema::PrivacyRule rule, std::shared_ptr<const std::string> key)
    : rule_(std::move(rule)), key_(std::move(key)) {}

std::string Protector::Stored(std::string_view value, std::string_view fallback) const {
  if (rule_.protection == Protection::kDrop) return std::string(fallback);
  return ProtectedJson(value);
}

std::string Protector::Shown(std::string_view value) const {
  return rule_.protection == Protection::kDrop ? "null" : ProtectedJson(value);
}

std::string Protector::StoredAs() const {
  if (rule_.protection == Protection::kHash) return "as a keyed hash";
  return rule_.protection == Protection::kDrop ? "as its default" : ShownAs();
}

std::string Protector::ShownAs() const {
  if (rule_.protection == Protection::kHash) return "shown as a keyed hash";
  if (rule_.protection == Protection::kDrop) return "left out";
  return rule_.what.empty() ? "masked" : "masked where it looks like " + Join(rule_.what, " or ");
}

std::string Protector::ProtectedJson(std::string_view value) const {
  if (value == "null" || CannotMatch(value)) return std::string(value);
  const auto json = ParseJson(value);
  const bool text = json.ok() && json->is_string();
  std::string out;
  AppendJsonString(out, Protected(text ? json->get_ref<const std::string&>() : value));
  return out;
}

/// Saves reading most values.
bool Protector::CannotMatch(std::string_view json) const {
  const bool emails = rule_.protection == Protection::kMask && rule_.what == std::vector<std::string>{"email"};
  return emails && json.find('@') == std::string_view::npos && json.find("u0040") == std::string_view::npos;
}

std::string Protector::Protected(std::string_view text) const {
  if (text.empty()) return {};
  if (rule_.protection == Protection::kHash) return IsHash(text) ? std::string(text) : KeyedHash(*key_, text);
  if (rule_.what.empty()) return std::string(kMasked);
  std::string out(text);
  const auto masks = [&](const char* form) {
    return std::find(rule_.what.begin(), rule_.what.end(), form) != rule_.what.end();
  };
  if (masks("email")) out = MaskEmails(out);
  if (masks("ip")) out = MaskIps(out);
  return out;
}

}  // namespace chimera::tools
