#include "clickhouse/errors.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/redaction.h"
#include "base/text.h"

namespace chimera::clickhouse {
namespace {

constexpr size_t kMaxMessageBytes = 600;
constexpr size_t kExpectedShown = 5;
constexpr int kLoginFailed = 516;
constexpr std::string_view kMark = "__exception__";

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

/// The number that `text` starts with, or 0.
int LeadingNumber(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string Opening(std::string_view tag) {
  return std::string(kMark) + "\r\n" + std::string(tag) + "\r\n";
}

/// What stands between "__exception__\r\nTAG\r\n" and "\nLENGTH TAG\r\n__exception__"; all of `text` without a block.
std::string_view InsideBlock(std::string_view text, std::string_view tag) {
  const std::string opening = Opening(tag);
  auto begin = text.find(opening);
  if (tag.empty() || begin == std::string_view::npos) return text;
  text.remove_prefix(begin + opening.size());
  auto end = text.rfind(" " + std::string(tag) + "\r\n" + std::string(kMark));
  if (end == std::string_view::npos) return text;
  while (end > 0 && IsDigit(text[end - 1])) --end;
  return text.substr(0, end);
}

/// The offset of "Code: N" followed by '.' or ','.
size_t FindCode(std::string_view text) {
  constexpr std::string_view kCode = "Code: ";
  for (auto at = text.find(kCode); at != std::string_view::npos; at = text.find(kCode, at + 1)) {
    auto end = text.find_first_not_of("0123456789", at + kCode.size());
    if (end == std::string_view::npos || end == at + kCode.size()) continue;
    if (text[end] == '.' || text[end] == ',') return at;
  }
  return std::string_view::npos;
}

/// True for a line as servers begin an exception with, whatever their version.
bool BeginsException(std::string_view line) {
  for (const std::string_view foreign : {"Poco::Exception. ", "std::exception. "}) {
    if (line.starts_with(foreign)) return line.substr(foreign.size()).starts_with("Code: ");
  }
  if (FindCode(line) != 0) return false;
  line.remove_prefix(line.find_first_of(".,"));
  return line.starts_with(". DB::") || line.starts_with(", e.displayText() = ");
}

void DropPrefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) == prefix) text.remove_prefix(prefix.size());
}

/// Drops "DB::Exception: ", "DB::NetException: " and the like.
void DropClass(std::string_view& text) {
  auto end = text.find(": ");
  if (text.substr(0, 4) == "DB::" && end != std::string_view::npos) text.remove_prefix(end + 2);
}

void CutAt(std::string_view& text, std::string_view mark) {
  auto at = text.rfind(mark);
  if (at != std::string_view::npos) text = text.substr(0, at);
}

/// Takes a final "(UNKNOWN_TABLE)" off `text`.
std::string TakeName(std::string_view& text) {
  auto open = text.rfind('(');
  if (open == std::string_view::npos || text.empty() || text.back() != ')') return {};
  std::string name(text.substr(open + 1, text.size() - open - 2));
  bool is_name = !name.empty() && std::all_of(name.begin(), name.end(),
                                              [](char c) { return (c >= 'A' && c <= 'Z') || c == '_' || IsDigit(c); });
  if (!is_name) return {};
  text = Trim(text.substr(0, open));
  return name;
}

struct Known {
  int exception;
  ErrorCode code;
  std::string_view hint;
};

constexpr std::string_view kReadLess =
    "read less (a narrower time range, fewer columns, a filter on the sorting key) or allow more time";
constexpr std::string_view kSelectLess = "select fewer rows or columns, or aggregate";
constexpr std::string_view kAskForGrant =
    "the database account lacks this right: use another table, or ask for the grant";
constexpr std::string_view kCheckAccount = "check CH_USERNAME and CH_PASSWORD";  // advice.h says more
constexpr std::string_view kDescribe = "describe the table to see its columns";
constexpr std::string_view kFunctions = "system.functions lists every function";

/// ClickHouse's numbers (src/Common/ErrorCodes.cpp) that a caller can do something about; the rest is kDatabaseError.
constexpr Known kKnown[] = {
    {8, ErrorCode::kUnknownColumn, kDescribe},
    {10, ErrorCode::kUnknownColumn, kDescribe},
    {16, ErrorCode::kUnknownColumn, kDescribe},
    {46, ErrorCode::kUnknownFunction, kFunctions},
    {47, ErrorCode::kUnknownColumn, kDescribe},
    {60, ErrorCode::kUnknownTable, "list the tables; write database.table for one outside the default database"},
    {62, ErrorCode::kSyntaxError, ""},
    {63, ErrorCode::kUnknownFunction, kFunctions},
    {81, ErrorCode::kUnknownDatabase, "list the databases"},
    {115, ErrorCode::kDatabaseError, "this server does not know the setting: leave it out"},
    {158, ErrorCode::kTooLarge, kSelectLess},
    {159, ErrorCode::kTimeout, kReadLess},
    {160, ErrorCode::kTimeout, kReadLess},
    {164, ErrorCode::kAccessDenied, "this connection only reads"},
    {192, ErrorCode::kAccessDenied, kCheckAccount},
    {193, ErrorCode::kAccessDenied, kCheckAccount},
    {194, ErrorCode::kAccessDenied, kCheckAccount},
    {195, ErrorCode::kAccessDenied,
     "the account exists, but not for this machine's address: allow it in the account's HOST clause or <networks>"},
    {201, ErrorCode::kBusy, "the account's quota is used up: wait until its interval has passed"},
    {202, ErrorCode::kBusy, "the server runs as many queries as it may: try again in a moment"},
    {216, ErrorCode::kBusy, "the query before this one has not ended yet: try again in a moment"},
    {241, ErrorCode::kTooLarge, "read less: fewer columns, a narrower range, fewer groups, or LIMIT"},
    {291, ErrorCode::kAccessDenied, kAskForGrant},
    {307, ErrorCode::kTooLarge, kSelectLess},
    {394, ErrorCode::kCancelled, ""},
    {396, ErrorCode::kTooLarge, kSelectLess},
    {452, ErrorCode::kAccessDenied,
     "the account's limits forbid this value: leave the setting out or stay within them"},
    {456, ErrorCode::kInvalidArgument, "give every {name:Type} of the SQL a value of the same name"},
    {457, ErrorCode::kInvalidArgument, "give the parameter a value that fits its type"},
    {497, ErrorCode::kAccessDenied, kAskForGrant},
    {kLoginFailed, ErrorCode::kAccessDenied, kCheckAccount},
    {734, ErrorCode::kCancelled, ""},
    {735, ErrorCode::kCancelled, ""},
};

Known Lookup(int exception) {
  auto found = std::find_if(std::begin(kKnown), std::end(kKnown),
                            [exception](const Known& known) { return known.exception == exception; });
  return found == std::end(kKnown) ? Known{exception, ErrorCode::kDatabaseError, ""} : *found;
}

/// What stands in `text` between `begin` and `end` (or its end); nothing when `begin` is not there.
std::string_view Between(std::string_view text, std::string_view begin, std::string_view end) {
  const auto from = text.find(begin);
  if (from == std::string_view::npos) return {};
  text.remove_prefix(from + begin.size());
  return text.substr(0, text.find(end));
}

/// "reader: Not enough privileges. To execute this query, it's necessary to have the grant SELECT(a) ON db.t."
std::string GrantHint(std::string_view text) {
  std::string_view grant = Between(text, "have the grant ", " (Missing permissions");
  if (grant.empty()) grant = Between(text, "have grant ", " (Missing permissions");
  while (grant.ends_with('.')) grant.remove_suffix(1);
  const std::string_view account = text.substr(0, text.find(": Not enough privileges"));
  if (grant.empty() || account.size() == text.size()) return std::string(kAskForGrant);
  return "the database's administrator can: GRANT " + std::string(grant) + " TO " + std::string(account);
}

std::string HintFor(const Exception& exception, const Known& known) {
  constexpr int kReadonly = 164, kNoGrant = 497;
  if (exception.code == kReadonly && exception.text.find("setting") != std::string::npos) {
    return "this account may not change settings: leave SETTINGS out";
  }
  return exception.code == kNoGrant ? GrantHint(exception.text) : std::string(known.hint);
}

/// "Expected one of: A, B, C, …" with the first few of what can be hundreds.
std::string ShortenExpected(std::string_view text) {
  constexpr std::string_view kExpected = "Expected one of: ";
  auto at = text.find(kExpected);
  if (at == std::string_view::npos) return std::string(text);
  size_t end = at + kExpected.size();
  for (size_t shown = 0; shown < kExpectedShown; ++shown) {
    auto comma = text.find(", ", end);
    if (comma == std::string_view::npos) return std::string(text);
    end = comma + 2;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::optional<size_t> PositionOf(std::string_view text) {
  constexpr std::string_view kAt = "failed at position ";
  auto at = text.find(kAt);
  if (at == std::string_view::npos) return std::nullopt;
  int position = LeadingNumber(text.substr(at + kAt.size()));
  if (position < 1) return std::nullopt;
  return static_cast<size_t>(position - 1);
}

}  // namespace

std::string Shorten(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  constexpr std::string_view kEllipsis = "…";
  size_t end = max_bytes - std::min(max_bytes, kEllipsis.size());
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + std::string(kEllipsis);
}

std::optional<Exception> FindException(std::string_view text, std::string_view tag, int header_code) {
  text = InsideBlock(text, tag);
  Exception exception;
  exception.code = header_code;
  auto at = FindCode(text);
  if (at != std::string_view::npos) {
    text.remove_prefix(at + std::string_view("Code: ").size());
    exception.code = LeadingNumber(text);
    text = Trim(text.substr(text.find_first_of(".,") + 1));
  } else if (header_code == 0) {
    return std::nullopt;
  }
  DropPrefix(text, "e.displayText() = ");
  DropClass(text);
  const std::string again = "Code: " + std::to_string(exception.code) + ". ";  // the embedded engine wraps exceptions
  while (text.starts_with(again)) {
    text.remove_prefix(again.size());
    DropClass(text);
  }
  CutAt(text, ", e.what() = ");
  CutAt(text, " (version ");
  text = Trim(text);
  exception.name = TakeName(text);
  exception.text = std::string(text);
  return exception;
}

std::optional<Exception> FindLateException(std::string_view text, std::string_view tag) {
  if (!tag.empty() && text.find(Opening(tag)) != std::string_view::npos) return FindException(text, tag, 0);
  bool in_string = false, at_line_start = true;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') in_string = false;
    const bool may_begin = at_line_start || (text[i] == 'C' && !in_string);
    if (may_begin && BeginsException(text.substr(i))) return FindException(text.substr(i), {}, 0);
    at_line_start = text[i] == '\n';
    if (text[i] == '"') in_string = !in_string;
    if (text[i] == '\\' && in_string) ++i;
  }
  return std::nullopt;
}

Error ToError(const Exception& exception) {
  std::string_view text = exception.text;
  if (exception.code == kLoginFailed) text = text.substr(0, text.find("\n\n"));  // then comes advice for other clients
  std::string message = Shorten(ShortenExpected(Redacted(text)), kMaxMessageBytes);
  if (message.empty()) message = "the database reported exception " + std::to_string(exception.code);
  if (!exception.name.empty()) message += " (" + exception.name + ")";
  Known known = Lookup(exception.code);
  Error error = MakeError(known.code, std::move(message), HintFor(exception, known));
  error.database_code = exception.code;
  if (error.code == ErrorCode::kSyntaxError) error.position = PositionOf(exception.text);
  return error;
}

}  // namespace chimera::clickhouse
