#include "schema/draft_columns.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <set>

#include "base/text.h"
#include "schema/tool_files.h"
#include "sql/lexer.h"

namespace chimera::schema {
namespace {

// Somewhere in a name.
constexpr std::array kPersonalParts = {"mail",   "secret", "passw",    "phone",   "address", "login",
                                       "person", "birth",  "username", "surname", "nickname"};
// A word of it.
constexpr std::array kPersonalWords = {"user", "customer", "session", "account", "ip"};
// Its last word: token_count and key_size count something.
constexpr std::array kPersonalEnds = {"token", "key"};
// Whose `name` it is: a model's or a host's is nobody's.
constexpr std::array kPeople = {"first", "last",   "full",   "given",    "family", "middle", "display",  "contact",
                                "owner", "author", "client", "employee", "member", "sender", "recipient"};
constexpr size_t kMaxChoices = 5;      // an enum of more is rather a sample
constexpr double kRowsPerChoice = 20;  // fewer rows say nothing about what is missing
constexpr size_t kMaxExampleBytes = 60;
constexpr double kMargin = 10;
constexpr double kExact = 9007199254740992;  // 2^53

struct Values {
  double rows = 0;
  Json example;  ///< null when there is none
  double low = 0, high = 0;
  std::vector<std::string> choices;  ///< one more than kMaxChoices: too many
};

template <typename List>
bool Contains(const List& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

/// "userAgent_v2" → user, agent, v2.
std::vector<std::string> WordsOf(const std::string& name) {
  std::vector<std::string> words(1);
  for (size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    const bool begins = std::isupper(c) && i > 0 && std::islower(static_cast<unsigned char>(name[i - 1]));
    if (c == '_' || begins) words.emplace_back();
    if (c != '_') words.back() += static_cast<char>(std::tolower(c));
  }
  return words;
}

bool LooksLikeId(const std::string& name) {
  return name == "id" || name.ends_with("_id") || name.find("hash") != std::string::npos;
}

/// The type inside of LowCardinality and Nullable.
std::string_view Inner(std::string_view type) {
  for (const std::string_view around : {"LowCardinality(", "Nullable("}) {
    if (type.starts_with(around)) type = type.substr(around.size(), type.size() - around.size() - 1);
  }
  return type;
}

std::string FirstEnumValue(std::string_view type) {
  const auto tokens = sql::Tokenize(type);
  for (const auto& token : tokens ? *tokens : std::vector<sql::Token>()) {
    if (token.kind == sql::TokenKind::kString) return sql::Unquote(token);
  }
  return {};
}

Json MadeUp(const DraftColumn& column) {
  const std::string_view type = Inner(column.type);
  switch (*column.kind) {
    case TypeKind::kNumber:
      return 1;
    case TypeKind::kBool:
      return true;
    case TypeKind::kUuid:
      return "00000000-0000-4000-8000-000000000000";
    case TypeKind::kTime:
      return type.starts_with("DateTime") ? "2025-01-31T12:00:00Z" : "2025-01-31";
    default:
      break;
  }
  if (type.starts_with("Enum")) return FirstEnumValue(type);
  if (type.starts_with("FixedString("))
    return std::string(std::min(std::stoul(std::string(type.substr(12))), 1000ul), 'a');
  if (column.name.find("mail") != std::string::npos) return "someone@example.com";
  return "made-up " + Words(column.name);
}

/// The largest value of an integer or decimal type; absent for others.
std::optional<double> Largest(std::string_view type) {
  type = Inner(type);
  const size_t digit = type.find_first_of("0123456789");
  if (digit == std::string_view::npos || type.starts_with("Float")) return std::nullopt;
  const int number = std::stoi(std::string(type.substr(digit)));
  if (!type.starts_with("Decimal")) return std::ldexp(1.0, type.starts_with("UInt") ? number : number - 1) - 1;
  const size_t comma = type.find(',');
  const int scale = comma == std::string_view::npos ? 0 : std::stoi(std::string(type.substr(comma + 1)));
  return std::pow(10.0, number - scale) - 1;
}

Json Plain(double value) {
  if (std::floor(value) == value && std::abs(value) < kExact) return static_cast<int64_t>(value);
  return value;
}

/// Away from zero to a number with one digit that is not 0, so that nobody takes it for a limit that was measured.
double Rounded(double value) {
  if (value == 0) return 0;
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))));
  return std::copysign(std::ceil(std::abs(value) / unit) * unit, value);
}

void AddBounds(Json& declared, const DraftColumn& column, const Values& values) {
  const bool known = values.rows > 0 && (values.low != 0 || values.high != 0);
  if (!known || LooksLikeId(column.name)) return;
  const double low = values.low < 0 ? Rounded(values.low * kMargin) : 0;
  const double high = values.high > 0 ? Rounded(values.high * kMargin) : 0;
  const auto largest = Largest(column.type);
  if (!std::isfinite(low) || !std::isfinite(high)) return;
  if (!largest || low >= -*largest) declared["min"] = Plain(low);
  if (!largest || high <= *largest) declared["max"] = Plain(high);
}

/// The live value as a tool takes it; null when it is none to show.
Json ShownExample(const DraftColumn& column, const Json& live) {
  if (live.is_null() || LooksPersonal(column.name)) return nullptr;
  if (column.kind == TypeKind::kNumber) {
    if (live.is_number()) return live;
    const Result<Json> number = live.is_string() ? ParseJson(live.get<std::string>()) : Json();
    return number && number->is_number() ? *number : Json();
  }
  if (column.kind == TypeKind::kBool) return live.is_boolean() ? live : Json();
  if (!live.is_string()) return nullptr;
  const std::string text = live;
  const bool odd = text.size() > kMaxExampleBytes || text.find('@') != std::string::npos || text.empty() ||
                   text.find('\0') != std::string::npos || text.find("\xEF\xBF\xBD") != std::string::npos;
  return odd ? Json() : live;
}

std::string StatisticsOf(const DraftColumn& column) {
  if (column.kind == TypeKind::kNumber)
    return "toFloat64(count(c)), any(c), toFloat64(minIf(c, isFinite(toFloat64(c)))), toFloat64(maxIf(c, "
           "isFinite(toFloat64(c)))), []";
  const bool text = Inner(column.type) == "String";
  return std::string("toFloat64(count(c)), any(c), 0, 0, ") +
         (text ? "arraySort(groupUniqArray(" + std::to_string(kMaxChoices + 1) + ")(toString(c)))" : "[]");
}

Result<Values> ReadValues(const RequestContext& context, clickhouse::Client& client, const DraftColumn& column,
                          const std::string& from) {
  clickhouse::Query query;
  query.sql = "SELECT " + StatisticsOf(column) + " FROM (SELECT " + sql::QuoteIdentifier(column.name) + " AS c FROM " +
              from + " LIMIT 1000000)";
  query.database = "system";  // the client's own may not be there
  query.max_bytes = 16u << 20;
  const auto rows = client.Read(context, query);
  if (!rows) return rows.error();
  Values values;
  const Json parsed = rows->Parsed();
  if (parsed.empty()) return values;  // a value of megabytes: nothing to show
  const Json& row = parsed.at(0);
  values.rows = row.at(0).get<double>();
  if (values.rows == 0) return values;
  if (!rows->invalid_utf8) values.example = ShownExample(column, row.at(1));
  if (row.at(2).is_number() && row.at(3).is_number()) {
    values.low = row.at(2);
    values.high = row.at(3);
  }
  if (!rows->invalid_utf8) values.choices = row.at(4).get<std::vector<std::string>>();
  return values;
}

bool AreChoices(const DraftColumn& column, const Values& values) {
  const auto odd = [](const std::string& text) {
    return text.size() > kMaxExampleBytes || text.find('@') != std::string::npos;
  };
  return values.choices.size() > 1 && values.choices.size() <= kMaxChoices && !LooksPersonal(column.name) &&
         values.rows >= kRowsPerChoice * static_cast<double>(values.choices.size()) &&
         std::none_of(values.choices.begin(), values.choices.end(), odd);
}

void AddDefault(Json& declared, const DraftColumn& column) {
  if (column.default_kind == "DEFAULT") {
    if (column.kind == TypeKind::kTime && column.default_expression.starts_with("now"))
      declared["default"] = "now";
    else
      declared["computed"] = true;
  } else if (column.type.find("Nullable(") != std::string::npos) {
    declared["default"] = nullptr;
  }
}

}  // namespace

bool LooksPersonal(const std::string& name) {
  const std::vector<std::string> words = WordsOf(name);
  const std::string whole = Join(words, "");
  const auto in_whole = [&](std::string_view part) { return whole.find(part) != std::string::npos; };
  const auto is_word = [&](std::string_view word) { return Contains(words, word); };
  if (std::any_of(kPersonalParts.begin(), kPersonalParts.end(), in_whole)) return true;
  if (std::any_of(kPersonalWords.begin(), kPersonalWords.end(), is_word)) return true;
  if (Contains(kPersonalEnds, words.back())) return true;
  if (whole.ends_with("name") && words.back() != "name") return Contains(kPeople, whole.substr(0, whole.size() - 4));
  return words.back() == "name" && (words.size() == 1 || Contains(kPeople, words[words.size() - 2]));
}

std::string Words(const std::string& name) {
  std::string words = name;
  std::replace(words.begin(), words.end(), '_', ' ');
  if (!words.empty()) words[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(words[0])));
  return words;
}

std::string NotInsertable(const DraftColumn& column) {
  if (column.default_kind == "MATERIALIZED" || column.default_kind == "ALIAS" || column.default_kind == "EPHEMERAL")
    return "it is " + column.default_kind;
  if (!column.kind) return "tools have no type " + column.type.substr(0, 100);
  if (*column.kind == TypeKind::kComposite) return "tools insert no " + column.type.substr(0, 100);
  if (!IsIdentifier(column.name)) return "a tool's column is named by letters, digits and underscores";
  return {};
}

Result<Json> DeclareColumn(const RequestContext& context, clickhouse::Client& client, const DraftColumn& column,
                           const std::string& from) {
  const Result<Values> values = ReadValues(context, client, column, from);
  if (!values) return values.error();
  Json declared = {{"name", column.name},
                   {"type", column.type},
                   {"description", column.comment.empty() ? Words(column.name) : column.comment}};
  AddDefault(declared, column);
  if (column.kind == TypeKind::kNumber) AddBounds(declared, column, *values);
  Json example = values->example.is_null() ? MadeUp(column) : values->example;
  if (AreChoices(column, *values)) {
    declared["enum"] = values->choices;
    declared["description"] = declared["description"].get<std::string>() + " (enum: the values that the table held)";
    example = values->choices.front();
  }
  const bool fits =
      !declared.contains("min") || !example.is_number() || example.get<double>() >= declared["min"].get<double>();
  if (!fits) example = declared["min"];
  const bool below =
      !declared.contains("max") || !example.is_number() || example.get<double>() <= declared["max"].get<double>();
  if (!below) example = declared["max"];
  declared["example"] = std::move(example);
  return declared;
}

}  // namespace chimera::schema
