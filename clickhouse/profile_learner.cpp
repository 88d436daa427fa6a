// The learning of what an account may do, declared in clickhouse/account_profile.h.
#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "clickhouse/account_profile.h"

namespace chimera::clickhouse {
namespace {

using Read = std::function<Result<Rows>(const Query&)>;

/// The settings that requests carry (request.cpp), and the limits that decide whether they may.
constexpr std::string_view kAsked[] = {
    "readonly",
    "max_execution_time",
    "max_result_rows",
    "max_result_bytes",
    "result_overflow_mode",
    "output_format_json_quote_64bit_integers",
    "output_format_json_quote_decimals",
    "output_format_json_quote_denormals",
    "date_time_output_format",
    "send_progress_in_http_headers",
    "cancel_http_readonly_queries_on_client_close",
    "enable_http_compression",
    "log_comment",
    "async_insert",
    "insert_deduplicate",
    "insert_distributed_sync",
    "insert_deduplication_token",
    "deduplicate_blocks_in_dependent_materialized_views",
    "input_format_null_as_default",
    "input_format_skip_unknown_fields",
    "date_time_input_format",
};

/// The database `system` is there on every server, the default one perhaps not yet.
Query Ask(std::string sql) {
  return {.sql = std::move(sql), .database = "system", .max_rows = 200, .max_bytes = 1 << 20};
}

Query SettingsQuery() {
  std::string names;
  for (const auto name : kAsked) names += (names.empty() ? "'" : ", '") + std::string(name) + "'";
  return Ask(
      "SELECT version(), timezone(), currentUser(), name, value, min, max, readonly FROM system.settings\n"
      "WHERE name IN (" +
      names + ") OR (name LIKE '%overflow_mode%' AND value != 'throw')");
}

/// Every server since 2017 answers this, whatever formats it knows: the result's own text is a result with rows.
Query VersionQuery() {
  return Ask(R"(SELECT concat('["version"]\n["String"]\n["', version(), '"]') FORMAT TabSeparatedRaw)");
}

Query OwnSettingQuery() {
  return Ask("SELECT timezone(), currentUser(), toString(getSetting('readonly'))");
}

/// {22, 2} of "22.2.3.5"; nothing when it does not begin so.
std::optional<std::pair<int, int>> MajorMinor(std::string_view version) {
  std::pair<int, int> number;
  const char* end = version.data() + version.size();
  const auto major = std::from_chars(version.data(), end, number.first);
  if (major.ec != std::errc() || major.ptr == end || *major.ptr != '.') return std::nullopt;
  if (std::from_chars(major.ptr + 1, end, number.second).ec != std::errc()) return std::nullopt;
  return number;
}

bool IsOlder(std::string_view version, std::pair<int, int> than) {
  const auto number = MajorMinor(version);
  return number && *number < than;
}

std::optional<Error> TooOld(const std::string& version) {
  if (!IsOlder(version, MajorMinor(kOldestVersion).value())) return std::nullopt;
  return MakeError(ErrorCode::kDatabaseError,
                   "the database is ClickHouse " + version + "; chimera-mcp needs " + std::string(kOldestVersion) +
                       " or newer (tested with " + std::string(kTestedVersion) + ")",
                   "upgrade the server, or leave CH_HOST out to work on the embedded ClickHouse");
}

/// The server refused the question itself: it is too old for it, or keeps system.settings from the account.
bool IsAboutTheQuestion(const Error& error) {
  constexpr int kReadonly = 164, kNotAllowed = 291, kNoGrant = 497;
  if (error.code == ErrorCode::kAccessDenied) {
    const int number = error.database_code;
    return number == kReadonly || number == kNotAllowed || number == kNoGrant;
  }
  return error.code == ErrorCode::kDatabaseError || error.code == ErrorCode::kSyntaxError ||
         error.code == ErrorCode::kUnknownTable || error.code == ErrorCode::kUnknownColumn ||
         error.code == ErrorCode::kUnknownFunction;
}

std::string TextOf(const Json& value) {
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<std::string> LimitOf(const Json& value) {
  return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

/// The cell of the first row, as text.
std::string FirstRow(const Rows& rows, size_t column) {
  const Json parsed = rows.Parsed();
  return parsed.empty() || parsed[0].size() <= column ? std::string() : TextOf(parsed[0][column]);
}

}  // namespace

/// Turns what a server says of its settings into a profile.
class ProfileLearner {
 public:
  void TakeSettings(const Json& rows) {
    version_ = TextOf(rows[0][0]);
    facts_.timezone = TextOf(rows[0][1]);
    user_ = TextOf(rows[0][2]);
    for (const auto& row : rows) {
      facts_.settings[TextOf(row[3])] = {TextOf(row[4]), LimitOf(row[5]), LimitOf(row[6]), row[7] != 0};
    }
  }

  /// Of a server that keeps its settings to itself: only `readonly` is sent, and only to an account that may write.
  void TakeOwnSetting(const Rows& rows) {
    facts_.timezone = FirstRow(rows, 0);
    user_ = FirstRow(rows, 1);
    facts_.settings["readonly"] = {.value = FirstRow(rows, 2), .fixed = FirstRow(rows, 2) != "0"};
    facts_.sends_others = false;
    log::Warning("the database does not tell account `" + user_ +
                 "` its settings: no limits are sent; they are enforced while results are read");
  }

  const std::string& Version() const { return version_; }

  AccountProfile Finish() {
    FixByReadonly();
    for (const auto name : kAsked)
      facts_.settings.try_emplace(std::string(name), AccountProfile::Limits{.fixed = true});
    CorrectOverflowModes();
    Report();
    return AccountProfile(std::make_shared<const AccountProfile::Facts>(std::move(facts_)));
  }

 private:
  /// Servers before 23.1 do not count readonly in the column `readonly` of system.settings, and none of them knows
  /// settings that may be changed all the same.
  void FixByReadonly() {
    const std::string own = facts_.settings["readonly"].value;
    if (own == "0") return;
    facts_.settings["readonly"].fixed = true;
    if (own != "1") return;
    facts_.sends_others = false;
    if (!IsOlder(version_, {23, 1})) return;
    for (auto& [name, limits] : facts_.settings) limits.fixed = true;
  }

  void CorrectOverflowModes() {
    for (const auto& [name, limits] : facts_.settings) {
      if (name.find("overflow_mode") == std::string::npos || limits.value.empty() || limits.value == "throw") continue;
      if (!limits.fixed) {
        facts_.corrections.push_back({name, "throw"});
      } else if (name != "result_overflow_mode" || CapsResults()) {
        facts_.notes.push_back("the account has " + name + " = " + limits.value +
                               ": results may be cut short without an error");
      }
    }
  }

  bool CapsResults() const {
    const auto is_set = [this](const char* name) {
      const std::string& value = facts_.settings.at(name).value;
      return !value.empty() && value != "0";
    };
    return is_set("max_result_rows") || is_set("max_result_bytes");
  }

  void Report() const {
    std::vector<std::string> fixed;
    for (const auto& [name, limits] : facts_.settings) {
      if (limits.fixed) fixed.push_back(name);
    }
    if (!fixed.empty()) log::Debug("account `" + user_ + "` may not set: " + Join(fixed, ", "));
    const auto& readonly = facts_.settings.at("readonly");
    if (readonly.value != "0" || !readonly.fixed) return;
    log::Warning("account `" + user_ +
                 "` may write and may not set readonly: only chimera-mcp's own check keeps a read from writing; use an "
                 "account with readonly = 1, or let this one set it");
  }

  std::string version_;
  std::string user_;
  AccountProfile::Facts facts_;
};

namespace {

/// For a server that did not answer SettingsQuery with rows; `error` is what it said.
Result<AccountProfile> LearnWithoutSettings(const Read& read, const Error& error) {
  auto version = read(VersionQuery());
  if (!version) return std::move(version).error();
  if (auto old = TooOld(FirstRow(*version, 0))) return *std::move(old);
  auto own = read(OwnSettingQuery());
  if (!own || own->row_count != 1) return error;
  ProfileLearner learner;
  learner.TakeOwnSetting(*own);
  return learner.Finish();
}

}  // namespace

Result<AccountProfile> LearnProfile(const Read& read) {
  auto rows = read(SettingsQuery());
  if (!rows && !IsAboutTheQuestion(rows.error())) return std::move(rows).error();
  if (!rows) return LearnWithoutSettings(read, rows.error());
  const Json parsed = rows->Parsed();
  if (parsed.empty() || parsed[0].size() != 8) {
    return LearnWithoutSettings(read, MakeError(ErrorCode::kDatabaseError, "system.settings of the database is empty"));
  }
  ProfileLearner learner;
  learner.TakeSettings(parsed);
  if (auto old = TooOld(learner.Version())) return *std::move(old);
  return learner.Finish();
}

}  // namespace chimera::clickhouse
