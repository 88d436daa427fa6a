#include "config/setting_reader.h"

#include <algorithm>
#include <charconv>

#include "base/redaction.h"
#include "base/text.h"
#include "config/files.h"

namespace chimera::config {
namespace {

constexpr size_t kMaxPasswordBytes = 4096;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some editors put it before UTF-8

// As some shells write what is redirected into a file.
bool IsUtf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(), IsControl);
}

std::optional<bool> ParseBool(std::string_view text) {
  const std::string lower = ToLower(text);
  if (lower == "true" || lower == "1" || lower == "yes" || lower == "on") return true;
  if (lower == "false" || lower == "0" || lower == "no" || lower == "off") return false;
  return std::nullopt;
}

std::string ToText(bool value) {
  return value ? "true" : "false";
}

// A value for a message: one line, not endless, and without what may be an account inside an address.
std::string Shown(std::string_view name, std::string_view value) {
  if (name == "CH_HOST" && value.find_first_of("@?") != std::string_view::npos) return "********";
  std::string out(value.substr(0, 200));
  std::replace_if(out.begin(), out.end(), IsControl, '?');
  return Redacted(ReplaceInvalidUtf8(out));
}

std::string_view WithoutLineBreak(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// Docker and Kubernetes mount secrets there, open to all that is in the container, whatever their owner wants.
bool IsContainerSecret(std::string_view path) {
  return path.starts_with("/run/secrets/") || path.starts_with("/var/run/secrets/");
}

}  // namespace

void SettingReader::Refuse(std::string_view name, const std::string& why, const std::string& hint) {
  if (failure_) return;
  std::string label(name);
  if (const auto setting = values_.Find(name)) {
    if (!FindSetting(name)->secret) label += "=" + Shown(name, Trim(setting->text));
    label += " (" + setting->origin + ")";
  }
  failure_ = MakeError(ErrorCode::kInvalidArgument, label + " " + why, hint);
}

void SettingReader::Record(std::string_view name, std::string text, std::string_view because_of) {
  EffectiveSetting setting{std::move(text), Source::kDefault, "default", std::nullopt};
  if (const auto given = values_.Find(because_of)) {
    setting.source = given->source;
    setting.origin = given->origin;
    if (!FindSetting(name)->secret && because_of == name && Trim(given->text) != setting.text)
      setting.given = Trim(given->text);
  }
  effective_[std::string(name)] = std::move(setting);
}

void SettingReader::SetAside(std::string_view name, const std::string& why) {
  if (const auto known = effective_.find(name); known != effective_.end()) effective_.erase(known);
  if (IsSet(name)) set_aside_[std::string(name)] = why;
}

std::optional<std::string> SettingReader::Trimmed(std::string_view name) {
  const auto setting = values_.Find(name);
  if (!setting) return std::nullopt;
  const std::string text(Trim(setting->text));
  if (!HasControl(text)) return text;
  Refuse(name, "holds a line break or another control character", "write it on one line");
  return std::nullopt;
}

std::optional<std::string> SettingReader::Text(std::string_view name) {
  auto text = Trimmed(name);
  if (text) Record(name, *text);
  return text;
}

std::string SettingReader::Text(std::string_view name, std::string_view fallback) {
  std::string text = Trimmed(name).value_or(std::string(fallback));
  if (!text.empty()) Record(name, text);
  return text;
}

std::vector<std::string> SettingReader::List(std::string_view name, char separator, std::string_view fallback) {
  const std::string text = Text(name, fallback);
  std::vector<std::string> out;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(separator, start), text.size());
    const std::string_view part = Trim(std::string_view(text).substr(start, end - start));
    if (!part.empty()) out.emplace_back(part);
    start = end + 1;
  }
  return out;
}

int64_t SettingReader::Integer(std::string_view name, int64_t fallback, int64_t min, int64_t max) {
  int64_t value = fallback;
  if (const auto text = Trimmed(name)) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    const bool whole = error == std::errc() && end == text->data() + text->size();
    const std::string allowed = "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    if (!whole || value < min || value > max)
      Refuse(name, "is not " + allowed, "set it to " + allowed + ", or unset it");
  }
  Record(name, std::to_string(value));
  return value;
}

bool SettingReader::Bool(std::string_view name, bool fallback) {
  bool value = fallback;
  if (const auto text = Trimmed(name)) {
    const auto parsed = ParseBool(*text);
    if (!parsed) Refuse(name, "is not true or false", "set it to true or false, or unset it");
    value = parsed.value_or(fallback);
  }
  Record(name, ToText(value));
  return value;
}

std::optional<bool> SettingReader::BoolOrAuto(std::string_view name) {
  std::optional<bool> value;
  if (const auto text = Trimmed(name); text && ToLower(*text) != "auto") {
    value = ParseBool(*text);
    if (!value) Refuse(name, "is not true, false or auto", "set it to one of them, or unset it");
  }
  Record(name, value ? ToText(*value) : "auto");
  return value;
}

size_t SettingReader::Choice(std::string_view name, const std::vector<std::string>& choices, size_t fallback) {
  size_t value = fallback;
  if (const auto text = Trimmed(name)) {
    const auto found = std::find(choices.begin(), choices.end(), ToLower(*text));
    const std::string allowed = "one of " + Join(choices, ", ");
    if (found == choices.end()) {
      Refuse(name, "is not " + allowed, "set it to " + allowed + ", or unset it");
    } else {
      value = static_cast<size_t>(found - choices.begin());
    }
  }
  Record(name, choices[value]);
  return value;
}

std::string SettingReader::FromHome(std::string path) const {
  const auto home = Foreign("HOME");
  return home && path.starts_with("~/") ? *home + path.substr(1) : path;
}

std::string SettingReader::Path(std::string_view name, std::string_view fallback) {
  std::string path = FromHome(Text(name, fallback));
  if (!path.empty()) Record(name, path);
  return path;
}

std::string SettingReader::ReadablePath(std::string_view name) {
  std::string path = Path(name, "");
  if (path.empty()) return path;
  const Status readable = CheckReadable(path);
  if (!readable.ok()) Refuse(name, readable.error().message, "name a file that this user may read, or unset it");
  return path;
}

std::string_view SettingReader::InForce(std::string_view first, std::string_view second, bool may_agree) {
  const auto one = values_.Find(first);
  const auto other = values_.Find(second);
  if (!other || (one && one->source > other->source)) return first;
  if (!one || one->source < other->source) return second;
  if (!may_agree || Trim(one->text) != Trim(other->text)) {
    Refuse(first, "and " + std::string(second) + " (" + other->origin + ") are both set", "keep one of them");
  }
  return first;
}

std::optional<std::string> SettingReader::PasswordFile(std::string_view name) {
  const std::string path = Path(name, "");
  auto file = ReadSmallFile(path, kMaxPasswordBytes);
  if (!file.ok()) {
    Refuse(name, file.error().message, "name a file that this user may read and that holds nothing but the password");
    return std::nullopt;
  }
  if (file->open_to_all && !IsContainerSecret(path)) {
    Notice("every user of this machine can read " + path + " (" + std::string(name) + "): chmod 600 it");
  }
  if (IsUtf16(file->text)) Refuse(name, "is in UTF-16", "save it as UTF-8");
  if (file->text.starts_with(kByteOrderMark)) file->text.erase(0, kByteOrderMark.size());
  if (Trim(file->text).empty()) Refuse(name, "is empty", "write the password into it, or unset the setting");
  return std::move(file->text);
}

std::string SettingReader::Origin(std::string_view name) const {
  const auto given = values_.Find(name);
  return given ? given->origin : "";
}

std::optional<config::Password> SettingReader::Password(std::string_view name, std::string_view file_name) {
  const std::string_view from = InForce(name, file_name, false);
  const auto given = values_.Find(from);
  if (!given) return std::nullopt;
  const auto text = from == name ? given->text : PasswordFile(from);
  if (!text) return std::nullopt;
  if (from == name) Record(name, "");
  std::string password(WithoutLineBreak(*text));
  std::string source = std::string(from) + " (" + given->origin + ")";
  if (HasControl(password)) {
    Refuse(from, "holds a line break or another control character, which HTTP cannot send",
           "give the password alone, on one line");
  }
  if (Trim(password) != password) {
    Notice("the password of " + std::string(from) + " begins or ends with white space, which HTTP does not keep");
    source += ", and begins or ends with white space";
  }
  return config::Password{std::move(password), std::move(source)};
}

}  // namespace chimera::config
