#include "engine/exception.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>

#include "base/text.h"

namespace chimera::engine {
namespace {

bool OneOf(int code, std::initializer_list<int> codes) {
  return std::ranges::find(codes, code) != codes.end();
}

}  // namespace

Error Exception(const ExceptionKind& kind, std::string_view message) {
  Error error = MakeError(ErrorCode::kDatabaseError, "Code: " + std::to_string(kind.code) + ". DB::Exception: " +
                                                         std::string(message) + " (" + std::string(kind.name) + ")");
  error.database_code = kind.code;
  return error;
}

Error ParseException(std::string_view text) {
  constexpr std::string_view kPrefix = "Code: ";
  text = Trim(text);
  int code = 0;
  if (text.starts_with(kPrefix)) std::from_chars(text.data() + kPrefix.size(), text.data() + text.size(), code);
  if (code == 0) return Exception(kUnknownException, std::string(text) + ".");
  Error error = MakeError(ErrorCode::kDatabaseError, std::string(text));
  error.database_code = code;
  return error;
}

std::string ExceptionBody(const Error& exception, std::string_view version) {
  const std::string suffix = "(version " + std::string(version) + ")";
  const bool complete = exception.message.ends_with(suffix);
  return exception.message + (complete ? "" : " " + suffix) + "\n";
}

std::string ExceptionBlock(std::string_view body, std::string_view tag) {
  constexpr std::string_view kMarker = "__exception__\r\n";
  std::string block = "\r\n";
  block.append(kMarker).append(tag).append("\r\n").append(body);
  block.append(std::to_string(body.size())).append(" ").append(tag).append("\r\n").append(kMarker);
  return block;
}

// The same groups as src/Server/HTTP/exceptionCodeToHTTPStatus.cpp of ClickHouse.
int HttpStatus(int code) {
  if (code == 194) return 401;
  if (OneOf(code, {192, 193, 497, 512, 516})) return 403;
  if (OneOf(code, {6,  8,   15,  25,  26,  27,  36,  37,  38,  41,  44,  53, 62,
                   72, 117, 123, 167, 168, 223, 321, 376, 427, 441, 675, 676}))
    return 400;
  if (OneOf(code, {46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511})) return 404;
  if (code == 159) return 408;
  if (code == 381) return 411;
  if (code == 229) return 413;
  if (code == 779) return 415;
  if (code == 48) return 501;
  if (OneOf(code, {76, 209, 439})) return 503;
  return 500;
}

}  // namespace chimera::engine
