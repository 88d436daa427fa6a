// Finds what looks like an e-mail address or an IP address in a text, and replaces it. Errs towards masking. Pure;
// linear.
#pragma once

#include <string>
#include <string_view>

namespace chimera::tools {

/// ASCII addresses, local@domain; @ may be written \u0040, as JSON inside of a text can have it. Becomes "<email>".
std::string MaskEmails(std::string_view text);

/// IPv4 and IPv6 addresses, as the system's own parser takes them. Becomes "<ip>".
std::string MaskIps(std::string_view text);

}  // namespace chimera::tools
