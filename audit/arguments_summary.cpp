#include "audit/arguments_summary.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/json_bounds.h"
#include "base/text.h"

namespace chimera::audit {
namespace {

namespace ondemand = simdjson::ondemand;

// Finds a member without looking at all others: a caller may send very many.
using Parsed = nlohmann::json;

constexpr size_t kMostParsed = 512u << 10;
constexpr size_t kMostText = 200;
constexpr size_t kMostSummary = 8u << 10;
constexpr const char* kMasked = "[masked]";

Json Digest(std::string_view text) {
  return {{"bytes", text.size()}, {"sha256", Sha256Hex(text)}};
}

bool Hides(const SummaryRules& rules, const std::string& name) {
  return IsSecretName(name) || (rules.redact && rules.redact(name));
}

std::string ShortText(const std::string& text, const SummaryRules& rules) {
  if (rules.hashes_texts) return "sha256:" + Sha256Hex(text);
  return Cut(text, kMostText);
}

Json Summed(const Parsed& value, const SummaryRules& rules);

/// {"column": "email", "op": "=", "value": "…"}: the name is a value here.
bool IsAboutHidden(const Parsed& object, const SummaryRules& rules) {
  const auto column = object.find("column");
  return column != object.end() && column->is_string() && Hides(rules, column->get<std::string>());
}

Json SummedObject(const Parsed& object, const SummaryRules& rules) {
  Json::object_t out;
  const bool about_hidden = IsAboutHidden(object, rules);
  for (const auto& [name, value] : object.items()) {
    const bool hidden = Hides(rules, name) || (about_hidden && name.starts_with("value"));
    out.emplace_back(name, hidden ? Json(kMasked) : Summed(value, rules));
  }
  return out;
}

Json Summed(const Parsed& value, const SummaryRules& rules) {
  if (value.is_object()) return SummedObject(value, rules);
  if (value.is_string()) return ShortText(value.get<std::string>(), rules);
  if (!value.is_array()) return value;
  Json out = Json::array();
  for (const Parsed& item : value) out.push_back(Summed(item, rules));
  return out;
}

/// null: it is none.
Parsed ParsedObject(std::string_view text) {
  if (text.size() > kMostParsed || IsTooDeep(text)) return {};
  Parsed parsed = Parsed::parse(text, nullptr, false);
  return parsed.is_object() ? parsed : Parsed();
}

/// Rows are counted without being read.
simdjson::error_code CountRows(std::string_view text, Json& summary) {
  ondemand::parser parser;
  const simdjson::padded_string padded(text);
  ondemand::document document;
  if (const auto error = parser.iterate(padded).get(document)) return error;
  ondemand::object object;
  if (const auto error = document.get_object().get(object)) return error;
  for (auto found : object) {
    ondemand::field field;
    if (const auto error = std::move(found).get(field)) return error;
    std::string_view name;
    if (const auto error = field.unescaped_key().get(name)) return error;
    ondemand::array rows;
    size_t count = 0;
    if ((name == "rows" || name == "data") && field.value().get_array().get(rows) == simdjson::SUCCESS) {
      if (const auto error = rows.count_elements().get(count)) return error;
      summary["rows"] = count;
    } else if (bool dry_run = false; name == "dry_run" && field.value().get_bool().get(dry_run) == simdjson::SUCCESS) {
      summary["dry_run"] = dry_run;
    }
  }
  return simdjson::SUCCESS;
}

}  // namespace

bool IsSecretName(std::string_view name) {
  constexpr std::array<std::string_view, 8> kParts = {"password", "passwd", "secret",     "token",
                                                      "api_key",  "apikey", "credential", "authorization"};
  const std::string lower = ToLower(name);
  return std::any_of(kParts.begin(), kParts.end(), [&](auto part) { return lower.find(part) != std::string::npos; });
}

Json SummaryOfRead(std::string_view arguments_json, const SummaryRules& rules) {
  Parsed arguments = ParsedObject(arguments_json);
  if (arguments.is_null()) return Digest(arguments_json);
  arguments.erase("sql");
  Json summary = SummedObject(arguments, rules);
  return ToText(summary).size() > kMostSummary ? Digest(arguments_json) : summary;
}

Json SummaryOfWrite(std::string_view arguments_json) {
  Json summary = Digest(arguments_json);
  Json counted = Json::object();
  if (CountRows(arguments_json, counted) == simdjson::SUCCESS) summary.update(counted);
  return summary;
}

std::string StatementIn(std::string_view arguments_json) {
  const Parsed arguments = ParsedObject(arguments_json);
  const auto sql = arguments.is_object() ? arguments.find("sql") : arguments.end();
  return arguments.is_object() && sql != arguments.end() && sql->is_string() ? sql->get<std::string>() : "";
}

}  // namespace chimera::audit
