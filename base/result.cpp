#include "base/result.h"

namespace chimera {

std::string_view Name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid_argument";
    case ErrorCode::kUnknownTool:
      return "unknown_tool";
    case ErrorCode::kUnknownDatabase:
      return "unknown_database";
    case ErrorCode::kUnknownTable:
      return "unknown_table";
    case ErrorCode::kUnknownColumn:
      return "unknown_column";
    case ErrorCode::kUnknownFunction:
      return "unknown_function";
    case ErrorCode::kSyntaxError:
      return "syntax_error";
    case ErrorCode::kStatementRefused:
      return "statement_refused";
    case ErrorCode::kTooLarge:
      return "too_large";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kCancelled:
      return "cancelled";
    case ErrorCode::kBusy:
      return "busy";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kAccessDenied:
      return "access_denied";
    case ErrorCode::kDatabaseError:
      return "database_error";
    case ErrorCode::kConflict:
      return "conflict";
    case ErrorCode::kIoError:
      return "io_error";
    case ErrorCode::kInternal:
      return "internal";
    case ErrorCode::kOverBudget:
      return "over_budget";
    case ErrorCode::kDeclined:
      return "declined";
    case ErrorCode::kRateLimited:
      return "rate_limited";
    case ErrorCode::kQuotaExceeded:
      return "quota_exceeded";
  }
  return "internal";
}

Error MakeError(ErrorCode code, std::string message, std::string hint) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

}  // namespace chimera
