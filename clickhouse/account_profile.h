// What a server lets an account do with the settings of a statement: learned once a connection to a host is made, so
// that statements only carry settings that will be accepted. What cannot be sent is made up for here: rows are counted
// and converted as they come (row_reader.h), time is the connection's deadline. Pure but for LearnProfile; copied
// freely, copies share what was learned.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "clickhouse/client.h"

namespace chimera::clickhouse {

class AccountProfile {
 public:
  /// Every setting is accepted: the embedded engine's own account.
  static AccountProfile Unrestricted() { return {}; }

  /// No setting may be sent, and nothing is known of the account: for the learning itself.
  static AccountProfile Bare();

  /// The value to send for `setting`: as wanted; a limit (max_…) clamped to what the account may have; nothing when the
  /// account may not set it, or not so.
  std::optional<std::string> Admit(std::string_view setting, std::string value) const;

  /// True when statements run with `setting` at `value`, because it is sent or because the account has it so anyway.
  bool Applies(std::string_view setting, const std::string& value) const;

  /// The account's own value of a setting; nothing when it is not known.
  std::optional<std::string> Value(std::string_view setting) const;

  /// Settings to send with every read, so that a limit of the account ends in an error, never in less rows than there
  /// are.
  const std::vector<Setting>& Corrections() const;
  /// For the reader of any result: where the account cuts results in silence and may not be corrected.
  const std::vector<std::string>& Notes() const;

  /// IANA's name of the zone that times without one are printed in; "" when it is not known.
  const std::string& Timezone() const;

 private:
  friend class ProfileLearner;

  struct Limits {
    std::string value = {};  ///< the account's own
    std::optional<std::string> min = {};
    std::optional<std::string> max = {};
    bool fixed = false;  ///< the account may not set it, or the server does not know it
  };
  struct Facts {
    bool sends_others = true;  ///< settings that are not in `settings` are sent
    std::string timezone = {};
    std::map<std::string, Limits, std::less<>> settings = {};
    std::vector<Setting> corrections = {};
    std::vector<std::string> notes = {};
  };

  AccountProfile() = default;
  explicit AccountProfile(std::shared_ptr<const Facts> facts) : facts_(std::move(facts)) {}
  const Facts& Known() const;

  std::shared_ptr<const Facts> facts_;  ///< null: unrestricted
};

/// The oldest ClickHouse that has what statements here need. Bound parameters over HTTP came with 19.14,
/// JSONCompactEachRowWithNamesAndTypes with 20.10, insert_deduplication_token with 22.2; up to 22.3 a cut insert
/// could be stored in part, under its token (ClickHouse issues 9666 and 27667). 22.8 is the long-term release after
/// that.
inline constexpr std::string_view kOldestVersion = "22.8";
inline constexpr std::string_view kTestedVersion = "26.7";

/// Asks a server what the account behind `read` may do. `read` sends a query with the Bare profile; it is called once,
/// or up to three times where system.settings is refused or the server is too old. Blocks as `read` does. Errors: those
/// of `read`; kDatabaseError naming version, oldest version and way out when the server is older than kOldestVersion.
/// Logs what the account may not set.
Result<AccountProfile> LearnProfile(const std::function<Result<Rows>(const Query&)>& read);

}  // namespace chimera::clickhouse
