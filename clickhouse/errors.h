// What went wrong, told so that its reader can act: ClickHouse's exceptions are found in replies and translated,
// failures of the network are told apart from them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "clickhouse/connection.h"

namespace chimera::clickhouse {

/// An exception as the server reported it.
struct Exception {
  int code = 0;
  std::string name;  ///< such as "UNKNOWN_TABLE"; empty on servers before 21.x
  std::string text;  ///< without "Code: N. DB::Exception:", name and version
};

/// The exception in a reply or in the end of one: `Code: 60. DB::Exception: …` as every version writes it, or the
/// block between `__exception__` marks that newer servers append to a broken result, whose mark is `tag` (the header
/// X-ClickHouse-Exception-Tag, may be empty). `header_code` is X-ClickHouse-Exception-Code, or 0; with it, any text is
/// an exception.
std::optional<Exception> FindException(std::string_view text, std::string_view tag, int header_code);

/// The exception that ends a body which began as a result. Only a block with the right tag counts, or a text outside of
/// JSON strings (a line's end ends one: there is none inside), so that no stored text is taken for an exception.
std::optional<Exception> FindLateException(std::string_view text, std::string_view tag);

/// The exception for the caller: a stable code, at most about 600 bytes of message, the position in the SQL, a hint.
Error ToError(const Exception& exception);

/// A failed exchange (Outcome::kFailed): kUnavailable or kBusy, naming the endpoint and the likely fix.
Error NetworkError(const Endpoint& endpoint, const Exchange& exchange);

/// A reply that no ClickHouse over HTTP gives: kUnavailable, naming what seems to be there instead.
Error ForeignReply(const Endpoint& endpoint, int status, std::string_view body);

/// `text` in at most `max_bytes` bytes, cut with "…" between characters.
std::string Shorten(std::string_view text, size_t max_bytes);

}  // namespace chimera::clickhouse
