// Takes credentials out of texts that others wrote, before they reach a log, an answer or a person: messages of the
// database quote statements, and statements hold passwords. Works by form (what stands behind IDENTIFIED BY, in the
// arguments of s3(…), in an address before its host, in an Authorization header, …), so it is the last of several
// layers: a secret in a form that nobody uses for one passes. Pure; linear but for short look-backs; any thread.
#pragma once

#include <string>
#include <string_view>

namespace chimera {

/// What stands in place of a secret.
inline constexpr std::string_view kRedacted = "***";

/// `text` without what has the form of a credential. Redacting it again changes nothing.
std::string Redacted(std::string_view text);

}  // namespace chimera
