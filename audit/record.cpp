#include "audit/record.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "audit/log_file.h"
#include "base/text.h"

namespace chimera::audit {
namespace {

constexpr size_t kMostStatement = 16u << 10;
constexpr size_t kMostWord = 256;

Json Text(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

double Milliseconds(std::chrono::nanoseconds time) {
  return std::round(static_cast<double>(time.count()) / 1e4) / 100;
}

}  // namespace

std::string Line(const Record& record, bool hash_only) {
  const std::string hash = record.statement.empty() ? "" : Sha256Hex(record.statement);
  Json line = {{"time", Timestamp(record.time)},
               {"id", record.id},
               {"request", Text(record.request)},
               {"session", Text(record.session)},
               {"principal", Text(Cut(record.principal, kMostWord))},
               {"client", Text(record.client)},
               {"peer", record.peer},
               {"tool", Cut(record.tool, kMostWord)},
               {"arguments", record.arguments}};
  if (!hash_only) line["statement"] = Text(Cut(record.statement, kMostStatement));
  line.update({{"statement_sha256", Text(hash)},
               {"query_ids", record.query_ids},
               {"verdict", record.verdict},
               {"code", Text(record.code)},
               {"rows_read", record.work.rows_read},
               {"bytes_read", record.work.bytes_read},
               {"rows_written", record.work.rows_written},
               {"bytes_written", record.work.bytes_written},
               {"rows_returned", record.rows_returned},
               {"bytes_returned", record.bytes_returned},
               {"duration_ms", Milliseconds(record.took)}});
  return ToText(line);
}

std::string_view VerdictOf(std::string_view error_code) {
  constexpr std::array<std::string_view, 8> kRefused = {"unknown_tool",   "insufficient_scope", "rate_limited",
                                                        "quota_exceeded", "statement_refused",  "over_budget",
                                                        "declined",       "invalid_argument"};
  return std::find(kRefused.begin(), kRefused.end(), error_code) != kRefused.end() ? "refused" : "failed";
}

}  // namespace chimera::audit
