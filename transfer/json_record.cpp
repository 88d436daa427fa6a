#include "transfer/json_record.h"

#include <simdjson.h>

#include <algorithm>

#include "base/text.h"

namespace chimera::transfer {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;
using simdjson::SUCCESS;
using tools::JsonKind;
using tools::JsonValue;

BadRow Bad(std::string column, std::string message, std::string hint) {
  return {.line = 0, .column = std::move(column), .message = std::move(message), .hint = std::move(hint), .record = {}};
}

error_code ReadNested(ondemand::value json, JsonKind kind, JsonValue& out) {
  out.kind = kind;
  return simdjson::to_json_string(json).get(out.text);
}

error_code ReadValue(ondemand::value json, JsonValue& out) {
  ondemand::json_type type;
  if (auto error = json.type().get(type)) return error;
  switch (type) {
    case ondemand::json_type::array:
      return ReadNested(json, JsonKind::kArray, out);
    case ondemand::json_type::object:
      return ReadNested(json, JsonKind::kObject, out);
    case ondemand::json_type::string:
      out.kind = JsonKind::kString;
      return json.get_string().get(out.text);
    case ondemand::json_type::number:
      out = {JsonKind::kNumber, Trim(json.raw_json_token())};
      return SUCCESS;
    case ondemand::json_type::boolean:
      out = {JsonKind::kBool, Trim(json.raw_json_token())};
      return out.text == "true" || out.text == "false" ? SUCCESS : simdjson::T_ATOM_ERROR;
    case ondemand::json_type::null:
      out = {JsonKind::kNull, Trim(json.raw_json_token())};
      return out.text == "null" ? SUCCESS : simdjson::N_ATOM_ERROR;
  }
  return simdjson::INCORRECT_TYPE;
}

}  // namespace

struct JsonRecordReader::Parser {
  ondemand::parser parser;
};

JsonRecordReader::JsonRecordReader(const Target& target, const Mapping& mapping,
                                   const std::vector<std::optional<std::string>>& defaults)
    : target_(target),
      mapping_(mapping),
      defaults_(defaults),
      parser_(std::make_unique<Parser>()),
      given_(target.columns.size()) {}

JsonRecordReader::~JsonRecordReader() = default;

std::optional<BadRow> JsonRecordReader::Malformed(std::string_view record) const {
  const bool is_array = Trim(record).starts_with("[");
  return Bad("", is_array ? "is a JSON array" : "is not a JSON object",
             is_array ? "one object a line is read: jq -c '.[]' FILE" : "one object a line is read: jq -c . FILE");
}

std::optional<BadRow> JsonRecordReader::Read(std::string_view record, size_t readable, RowWriter& writer) {
  std::fill(given_.begin(), given_.end(), false);
  ondemand::document document;
  ondemand::object object;
  const simdjson::padded_string_view padded(record.data(), record.size(), readable);
  error_code error = parser_->parser.iterate(padded).get(document);
  if (error == simdjson::UTF8_ERROR) return Bad("", "is not valid UTF-8", "");
  if (error || document.get_object().get(object)) return Malformed(record);
  for (auto element : object) {
    ondemand::field field;
    std::string_view name;
    JsonValue value;
    if (std::move(element).get(field) || field.unescaped_key().get(name) || ReadValue(field.value(), value)) {
      return Malformed(record);
    }
    if (auto bad = PutField(name, value, writer)) return bad;
  }
  const char* rest = nullptr;
  if (document.current_location().get(rest) != simdjson::OUT_OF_BOUNDS) return Malformed(record);
  return PutDefaults(writer);
}

std::optional<BadRow> JsonRecordReader::PutField(std::string_view name, const JsonValue& value, RowWriter& writer) {
  auto known = columns_.find(name);
  if (known == columns_.end()) {
    auto column = ColumnFor(target_, mapping_, std::string(name));
    if (!column) return Bad(std::string(name), column.error().message, column.error().hint);
    if (!*column) return std::nullopt;
    known = columns_.emplace(name, **column).first;
  }
  const size_t column = known->second;
  const std::string& title = target_.columns[column].rule.column.name;
  if (given_[column]) return Bad(title, "is given twice", "");
  given_[column] = true;
  auto refused = writer.Put(column, value);
  if (!refused) return std::nullopt;
  return Bad(title, std::move(refused->message), std::move(refused->hint));
}

std::optional<BadRow> JsonRecordReader::PutDefaults(RowWriter& writer) const {
  for (size_t i = 0; i < given_.size(); ++i) {
    if (given_[i]) continue;
    const tools::ColumnRule& rule = target_.columns[i].rule;
    if (!MayBeAbsent(target_, i)) return Bad(rule.column.name, "is required", tools::ExampleHint(rule));
    if (defaults_[i]) writer.PutStored(i, *defaults_[i]);
  }
  return std::nullopt;
}

}  // namespace chimera::transfer
