// Reads settings as what they mean, and remembers three things on the way: the first value that does not fit, what the
// log should say, and the values in force. A value that does not fit reads as its fallback; ask Failure() at the end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/settings.h"

namespace chimera::config {

/// The value in force of one setting, written as it could be set again. Of a secret, only that there is one.
struct EffectiveSetting {
  std::string text;  ///< empty for a secret
  Source source = Source::kDefault;
  std::string origin;                ///< of Setting; "default"
  std::optional<std::string> given;  ///< as it was given, when `text` differs
};
using EffectiveSettings = std::map<std::string, EffectiveSetting, std::less<>>;

struct Password {
  std::string text;
  std::string source;  ///< for messages: "CH_PASSWORD_FILE (my.conf:3)"
};

class SettingReader {
 public:
  /// `values` must outlive the reader.
  explicit SettingReader(const SettingValues& values) : values_(values), notices_(values.Notices()) {}

  /// Without white space around it. Refuses control characters.
  std::optional<std::string> Text(std::string_view name);
  std::string Text(std::string_view name, std::string_view fallback);
  /// Its parts, without the empty ones.
  std::vector<std::string> List(std::string_view name, char separator = ',', std::string_view fallback = {});
  int64_t Integer(std::string_view name, int64_t fallback, int64_t min, int64_t max);
  bool Bool(std::string_view name, bool fallback);
  /// nullopt for `auto`, and when it is unset.
  std::optional<bool> BoolOrAuto(std::string_view name);
  /// The index of the value in `choices`, which are in lower case.
  size_t Choice(std::string_view name, const std::vector<std::string>& choices, size_t fallback);
  /// "~/" at the start stands for $HOME: a shell sees to that in its own lines, but nobody in a file or a host's JSON.
  std::string Path(std::string_view name, std::string_view fallback);
  std::string FromHome(std::string path) const;
  /// A path of a file that can be read now; empty when unset.
  std::string ReadablePath(std::string_view name);
  /// A password: of `name`, or of the file that `file_name` names. One line break at its end is taken off, and so is a
  /// byte order mark at the start of the file.
  std::optional<config::Password> Password(std::string_view name, std::string_view file_name);

  /// Of two settings for one thing, the one in force: that from the higher source; `first` when neither is set. Both
  /// from one source are refused, unless they say the same and `may_agree`.
  std::string_view InForce(std::string_view first, std::string_view second, bool may_agree);

  bool IsSet(std::string_view name) const { return values_.Find(name).has_value(); }
  std::optional<std::string> Foreign(std::string_view name) const { return values_.Foreign(name); }
  /// Where the value comes from, for messages: "environment", "my.conf:3", "--ch-host"; empty when it is unset.
  std::string Origin(std::string_view name) const;

  /// "CH_PORT=http (environment) " + why. The first refusal stays.
  void Refuse(std::string_view name, const std::string& why, const std::string& hint);
  void Notice(std::string text) { notices_.push_back(std::move(text)); }
  /// `text` (of a secret, nothing) is in force for `name`, because of what `because_of` (`name` itself, or another
  /// setting) was given.
  void Record(std::string_view name, std::string text, std::string_view because_of);

  /// Whatever `name` was given has no effect, because of `why`, such as "CH_HOST is unset".
  void SetAside(std::string_view name, const std::string& why);

  const std::optional<Error>& Failure() const { return failure_; }
  std::vector<std::string> TakeNotices() { return std::move(notices_); }
  EffectiveSettings TakeEffective() { return std::move(effective_); }
  /// Why settings that are set have no effect, by name.
  std::map<std::string, std::string, std::less<>> TakeSetAside() { return std::move(set_aside_); }

 private:
  std::optional<std::string> Trimmed(std::string_view name);
  std::optional<std::string> PasswordFile(std::string_view name);
  void Record(std::string_view name, std::string text) { Record(name, std::move(text), name); }

  const SettingValues& values_;
  std::optional<Error> failure_;
  std::vector<std::string> notices_;
  EffectiveSettings effective_;
  std::map<std::string, std::string, std::less<>> set_aside_;
};

}  // namespace chimera::config
