// Base64 (RFC 4648): as section 4 has it, with padding, and for URLs as section 5 has it, without. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chimera {

std::string Base64(std::string_view bytes);
/// Nothing when `text` is no base64.
std::optional<std::string> FromBase64(std::string_view text);

std::string Base64Url(std::string_view bytes);
/// Nothing when `text` is no base64url without padding, or bits are set that belong to no byte: every value has one
/// spelling.
std::optional<std::string> FromBase64Url(std::string_view text);

}  // namespace chimera
