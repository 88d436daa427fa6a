#include "schema/privacy.h"

#include <algorithm>
#include <array>

#include "base/json_reader.h"
#include "base/text.h"
#include "schema/dataset.h"
#include "sql/lexer.h"
#include "sql/type_name.h"

namespace chimera::schema {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"mask", "hash", "drop"};
constexpr std::array<std::string_view, 2> kForms = {"email", "ip"};
constexpr std::string_view kOff = "off";

struct Target {
  std::string table;
  std::string column;
};

Error Invalid(const std::string& where, const std::string& message, std::string hint = {}) {
  return MakeError(ErrorCode::kInvalidArgument, where + ": " + message, std::move(hint));
}

const InsertColumn* FindColumn(const InsertTool& tool, const std::string& name) {
  const auto found =
      std::find_if(tool.columns.begin(), tool.columns.end(), [&](const auto& column) { return column.name == name; });
  return found == tool.columns.end() ? nullptr : &*found;
}

/// A view, perhaps, or a table that another program fills.
bool IsNamed(const std::string& sql, const std::string& table) {
  const auto tokens = sql::Tokenize(sql);
  return tokens.ok() && std::any_of(tokens->begin(), tokens->end(), [&](const sql::Token& token) {
           return token.kind != sql::TokenKind::kString && sql::Unquote(token) == table;
         });
}

bool HasTable(const Dataset& dataset, const std::string& table) {
  return std::any_of(dataset.migrations.begin(), dataset.migrations.end(),
                     [&](const auto& migration) { return IsNamed(migration.sql, table); });
}

/// Why the rule cannot be kept for a column that an insert tool fills; "" when it can.
std::string Obstacle(const PrivacyRule& rule, const InsertTool& tool, const InsertColumn& column) {
  const bool text = sql::BareType(column.type) == "String";
  if (column.name == tool.partition_column) return "the partition column cannot be protected";
  if (rule.protection == Protection::kDrop) {
    return column.fallback && *column.fallback != "now" ? "" : "`drop` needs a column with a `default` to store";
  }
  const std::string name(Name(rule.protection));
  if (!text) return "`" + name + "` needs a String column, not " + column.type + "; `drop` does with a default";
  const bool whole = rule.protection == Protection::kHash || rule.what.empty();
  const bool bound = column.format == "json" || column.format == "commit" || !column.allowed.empty();
  if (whole && bound)
    return "`" + name + "` would store what the column's own rules refuse; mask a part (`what`), or drop";
  return "";
}

class RulesReader {
 public:
  RulesReader(const Dataset& dataset, std::string where) : dataset_(dataset), where_(std::move(where)) {
    rules_ = dataset.privacy;
  }

  Status Read(const std::string& key, const Json& value) {
    const std::string where = where_ + "." + key;
    const size_t dot = key.find('.');
    const Target target{key.substr(0, dot), dot == std::string::npos ? "" : key.substr(dot + 1)};
    const bool named = (target.table == "*" || IsName(target.table)) && IsName(target.column);
    if (!named) return Invalid(where, "a key is TABLE.COLUMN, or *.COLUMN for every table that has the column");
    if (value == kOff) return Remove(target, where);
    auto rule = ReadRule(value, where);
    if (!rule) return rule.error();
    return Add(*rule, target, where);
  }

  std::vector<PrivacyRule> Take() { return std::move(rules_); }

 private:
  static bool IsName(std::string_view text) {
    return !text.empty() && text.find_first_of(". *`\"") == std::string_view::npos;
  }

  static Result<PrivacyRule> ReadRule(const Json& value, const std::string& where) {
    PrivacyRule rule;
    Json object = value;
    if (value.is_string()) object = Json{{"policy", value}};
    JsonReader reader(object, where);
    const std::string policy = reader.String("policy");
    const auto* found = std::find(kNames.begin(), kNames.end(), policy);
    if (found == kNames.end()) reader.Fail("`policy` is mask, hash, drop or off, not \"" + policy + "\"");
    rule.protection = static_cast<Protection>(found == kNames.end() ? 0 : found - kNames.begin());
    rule.what = ReadForms(reader);
    if (!rule.what.empty() && rule.protection != Protection::kMask) reader.Fail("`what` is for `mask` only");
    const std::string results = reader.String("results", "protected");
    if (results != "protected" && results != "stored") reader.Fail("`results` is protected or stored");
    rule.results = results == "protected";
    if (Status read = reader.Finish(); !read) return read.error();
    return rule;
  }

  static std::vector<std::string> ReadForms(JsonReader& reader) {
    const Json* value = reader.Value("what");
    if (value == nullptr) return {};
    const Json list = value->is_array() ? *value : Json::array({*value});
    std::vector<std::string> forms;
    for (const Json& form : list) {
      const std::string name = form.is_string() ? form.get<std::string>() : std::string();
      const bool known = std::find(kForms.begin(), kForms.end(), name) != kForms.end();
      if (!known) reader.Fail("`what` is email, ip, or a list of them; without it, the whole text is masked");
      if (known) forms.push_back(name);
    }
    return forms;
  }

  Status Remove(const Target& target, const std::string& where) {
    const auto fits = [&](const PrivacyRule& rule) {
      return rule.column == target.column && (target.table == "*" || rule.table == target.table);
    };
    if (std::erase_if(rules_, fits) > 0) return Ok();
    return Invalid(where, "`off`, but the dataset has no rule for it", "leave it out");
  }

  Status Add(PrivacyRule rule, const Target& target, const std::string& where) {
    rule.column = target.column;
    bool found = false;
    for (const auto& tool : dataset_.inserts) {
      const InsertColumn* column = FindColumn(tool, target.column);
      if (target.table != "*" && target.table != tool.table) continue;
      if (column == nullptr && target.table == "*") continue;
      if (column == nullptr) return Invalid(where, "the table has no such column", Near(tool, target.column));
      if (const std::string why = Obstacle(rule, tool, *column); !why.empty()) return Invalid(where, why);
      rule.table = tool.table;
      Put(rule);
      found = true;
    }
    if (found) return Ok();
    if (target.table == "*") return Invalid(where, "no insert tool of the dataset has this column");
    if (!HasTable(dataset_, target.table)) return Invalid(where, "no migration makes such a table");
    rule.table = target.table;
    Put(rule);
    return Ok();
  }

  static std::string Near(const InsertTool& tool, const std::string& column) {
    std::vector<std::string> names;
    for (const auto& known : tool.columns) names.push_back(known.name);
    return DidYouMean(column, names);
  }

  void Put(const PrivacyRule& rule) {
    std::erase_if(rules_, [&](const auto& old) { return old.table == rule.table && old.column == rule.column; });
    rules_.push_back(rule);
  }

  const Dataset& dataset_;
  const std::string where_;
  std::vector<PrivacyRule> rules_;
};

}  // namespace

std::string_view Name(Protection protection) {
  return kNames[static_cast<size_t>(protection)];
}

Result<std::vector<PrivacyRule>> ReadPrivacy(const Json& object, const Dataset& dataset, const std::string& where) {
  if (!object.is_object()) return Invalid(where, R"(must be an object, such as {"ui_events.user_agent": "hash"})");
  RulesReader reader(dataset, where);
  for (const auto& [key, value] : object.items()) {
    if (Status read = reader.Read(key, value); !read) return read.error();
  }
  return reader.Take();
}

Status OverridePrivacy(std::string_view text, std::vector<Dataset>& datasets, const std::string& where) {
  const auto object = ParseJson(text);
  if (!object) return Invalid(where, object.error().message);
  if (!object->is_object()) return Invalid(where, R"(must be an object, {"DATASET": {"TABLE.COLUMN": "hash"}})");
  for (const auto& [name, rules] : object->items()) {
    const auto dataset = std::find_if(datasets.begin(), datasets.end(), [&](const auto& d) { return d.name == name; });
    if (dataset == datasets.end()) {
      std::vector<std::string> names;
      for (const auto& known : datasets) names.push_back(known.name);
      return Invalid(where, "there is no dataset `" + name + "`", "datasets: " + Join(names, ", "));
    }
    auto read = ReadPrivacy(rules, *dataset, where + ": " + name);
    if (!read) return read.error();
    dataset->privacy = *std::move(read);
  }
  return Ok();
}

}  // namespace chimera::schema
