// ClickHouse's exceptions as its HTTP clients know them: a number, a name, a text and an HTTP status. Inside the engine
// they travel as chimera::Error with `database_code` and the whole text ("Code: 60. DB::Exception: … (UNKNOWN_TABLE)")
// as the message. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace chimera::engine {

struct ExceptionKind {
  int code;
  std::string_view name;
};

inline constexpr ExceptionKind kBadArguments{36, "BAD_ARGUMENTS"};
inline constexpr ExceptionKind kNotImplemented{48, "NOT_IMPLEMENTED"};
inline constexpr ExceptionKind kSyntaxError{62, "SYNTAX_ERROR"};
inline constexpr ExceptionKind kUnknownSetting{115, "UNKNOWN_SETTING"};
inline constexpr ExceptionKind kReadonly{164, "READONLY"};
inline constexpr ExceptionKind kDuplicateQueryId{216, "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING"};
inline constexpr ExceptionKind kQueryIsTooLarge{229, "QUERY_IS_TOO_LARGE"};
inline constexpr ExceptionKind kAborted{236, "ABORTED"};
inline constexpr ExceptionKind kZlibInflateFailed{354, "ZLIB_INFLATE_FAILED"};
inline constexpr ExceptionKind kSessionNotFound{372, "SESSION_NOT_FOUND"};
inline constexpr ExceptionKind kSessionIsLocked{373, "SESSION_IS_LOCKED"};
inline constexpr ExceptionKind kInvalidSessionTimeout{374, "INVALID_SESSION_TIMEOUT"};
inline constexpr ExceptionKind kQueryWasCancelled{394, "QUERY_WAS_CANCELLED"};
inline constexpr ExceptionKind kAccessDenied{497, "ACCESS_DENIED"};
inline constexpr ExceptionKind kAuthenticationFailed{516, "AUTHENTICATION_FAILED"};
inline constexpr ExceptionKind kSessionLimitExceeded{700, "USER_SESSION_LIMIT_EXCEEDED"};
inline constexpr ExceptionKind kUnknownException{1002, "UNKNOWN_EXCEPTION"};

/// An exception of our own, in ClickHouse's words.
Error Exception(const ExceptionKind& kind, std::string_view message);
/// libchdb's text read back: "Code: N. DB::Exception: …"; a text without a number becomes UNKNOWN_EXCEPTION.
Error ParseException(std::string_view text);

/// The text as a server sends it: with its version, ending in a line feed.
std::string ExceptionBody(const Error& exception, std::string_view version);
/// The block that ends a body whose status was already sent, as servers since 25.11 write it. `tag` is the value of
/// the response's X-ClickHouse-Exception-Tag.
std::string ExceptionBlock(std::string_view body, std::string_view tag);
/// The HTTP status that ClickHouse gives an exception of this number; 500 for those without one of their own.
int HttpStatus(int exception_code);

}  // namespace chimera::engine
