// Small text functions with several callers. Pure; callable from any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chimera {

std::string Join(const std::vector<std::string>& parts, std::string_view separator);
std::string ToLower(std::string_view text);    ///< ASCII only
std::string_view Trim(std::string_view text);  ///< ASCII white space

/// The names nearest to `name` (case-insensitive edit distance with transpositions, at most a third of the length,
/// and names that contain it), best first, at most `max`.
std::vector<std::string> Nearest(std::string_view name, const std::vector<std::string>& candidates, size_t max = 3);
/// "did you mean `a` or `b`?", or "" when nothing is near.
std::string DidYouMean(std::string_view name, const std::vector<std::string>& candidates);

/// `text`, cut with "…" behind at most `max_bytes` where it is longer, not within a UTF-8 sequence.
std::string Cut(std::string_view text, size_t max_bytes);

bool IsValidUtf8(std::string_view text);
/// `text` with each byte that belongs to no well-formed sequence replaced by U+FFFD.
std::string ReplaceInvalidUtf8(std::string_view text);
std::string Sha256Hex(std::string_view bytes);  ///< 64 lower-case hex digits
std::string RandomHex(size_t bytes);            ///< from the operating system's generator; unguessable
std::string NewUuid();                          ///< random, version 4, lower case

}  // namespace chimera
