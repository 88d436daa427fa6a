#include "clickhouse/advice.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace chimera::clickhouse {
namespace {

/// ClickHouse's numbers (src/Common/ErrorCodes.cpp).
enum Number {
  kUnknownDatabase = 81,
  kReadonly = 164,
  kUnknownUser = 192,
  kWrongPassword = 193,
  kRequiredPassword = 194,
  kNoGrant = 497,
  kAuthenticationFailed = 516,
};

constexpr std::string_view kNameWriter = "name an account that may write in CH_WRITE_USERNAME and CH_WRITE_PASSWORD";
constexpr std::string_view kNameMigrator =
    "run the command as an account that may create tables: name it in CH_USERNAME, and its password in CH_PASSWORD "
    "(CH_WRITE_USERNAME is for inserts alone)";

/// Who a statement ran as, and the settings that say so.
struct Who {
  const Account& account;
  std::string prefix;  ///< "CH_" or "CH_WRITE_"

  std::string Name() const { return "`" + account.username + "`"; }
  /// "`reader` (CH_USERNAME, environment)"
  std::string NameAndSource() const {
    const std::string& source = account.username_source;
    return Name() + " (" + (source.empty() ? prefix + "USERNAME is unset" : source) + ")";
  }
};

Who WhoRan(Kind kind, const HttpOptions& options) {
  if (kind == Kind::kWrite && options.write_account) return {*options.write_account, "CH_WRITE_"};
  return {options.account, "CH_"};
}

std::string AboutPassword(const Who& who) {
  const std::string& source = who.account.password_source;
  if (source.empty()) {
    return "no password was given for " + who.NameAndSource() + ": set " + who.prefix + "PASSWORD or " + who.prefix +
           "PASSWORD_FILE";
  }
  return "check the account " + who.NameAndSource() + " and its password, which came from " + source;
}

std::string AboutLogin(int number, const Who& who) {
  if (number == kUnknownUser) return "the server has no account " + who.NameAndSource() + ": check its name";
  if (number != kAuthenticationFailed) return AboutPassword(who);
  return AboutPassword(who) +
         "; the server answers alike where there is no such account, or it may not connect from this machine's address";
}

std::string AboutWriting(Kind kind, const HttpOptions& options) {
  if (kind == Kind::kExecute) return std::string(kNameMigrator);
  if (!options.write_account) return std::string(kNameWriter);
  return "let " + WhoRan(kind, options).NameAndSource() + " write, or name another account there";
}

/// Of an account that only reads, the server refuses the first setting of an insert, whichever it is.
std::string ReadonlyMessage(const std::string& message, const Who& who) {
  const bool by_setting = message.find("Cannot modify ") != std::string::npos;
  return "the account " + who.Name() + " only reads (its profile is readonly), so nothing was written" +
         (by_setting ? " (READONLY)" : ": " + message);
}

/// "elsewhere" of "Database elsewhere does not exist. Maybe …".
std::string_view DatabaseIn(std::string_view message) {
  constexpr std::string_view kBefore = "Database ", kAfter = " does";
  const auto begin = message.find(kBefore);
  if (begin == std::string_view::npos) return {};
  message.remove_prefix(begin + kBefore.size());
  message = message.substr(0, message.find(kAfter));
  if (message.size() > 2 && message.front() == '`' && message.back() == '`') {
    message = message.substr(1, message.size() - 2);
  }
  return message;
}

std::string AboutDatabase(const std::string& message, const HttpOptions& options) {
  const std::string_view name = DatabaseIn(message);
  const auto& own = options.own_databases;
  if (std::find(own.begin(), own.end(), name) != own.end()) return "`chimera-mcp schema apply` makes it";
  if (name == options.database) return "CH_DATABASE names it: set that to a database that is there";
  return {};
}

}  // namespace

Error WithAdvice(Error error, Kind kind, const HttpOptions& options) {
  const bool writes = kind != Kind::kRead;
  const Who who = WhoRan(kind, options);
  switch (error.database_code) {
    case kUnknownUser:
    case kWrongPassword:
    case kRequiredPassword:
    case kAuthenticationFailed:
      error.hint = AboutLogin(error.database_code, who);
      break;
    case kReadonly:
      if (!writes) break;
      error.message = ReadonlyMessage(error.message, who);
      error.hint = AboutWriting(kind, options);
      break;
    case kNoGrant:
      if (writes) error.hint += "; or " + AboutWriting(kind, options);
      break;
    case kUnknownDatabase:
      if (auto hint = AboutDatabase(error.message, options); !hint.empty()) error.hint = std::move(hint);
      break;
    default:
      break;
  }
  return error;
}

}  // namespace chimera::clickhouse
