// Base64 (RFC 4648, section 4, with padding). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chimera {

std::string Base64(std::string_view bytes);
/// Nothing when `text` is no base64.
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace chimera
