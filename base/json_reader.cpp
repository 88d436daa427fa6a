#include "base/json_reader.h"

#include "base/text.h"

namespace chimera {
namespace {

const Json kEmptyArray = Json::array();
const Json kEmptyObject = Json::object();

}  // namespace

JsonReader::JsonReader(const Json& object, std::string where)
    : object_(object.is_object() ? object : kEmptyObject), where_(std::move(where)) {
  if (!object.is_object()) Fail("must be an object");
}

std::string JsonReader::String(std::string_view key) {
  const Json* value = Find(key, true);
  if (value && value->is_string()) return value->get<std::string>();
  if (value) Fail("`" + std::string(key) + "` must be a string", key);
  return {};
}

std::string JsonReader::String(std::string_view key, std::string_view fallback) {
  return Value(key) ? String(key) : std::string(fallback);
}

bool JsonReader::Bool(std::string_view key, bool fallback) {
  const Json* value = Find(key, false);
  if (!value) return fallback;
  if (!value->is_boolean()) Fail("`" + std::string(key) + "` must be true or false", key);
  return value->is_boolean() ? value->get<bool>() : fallback;
}

int64_t JsonReader::Integer(std::string_view key, int64_t fallback) {
  const Json* value = Find(key, false);
  if (!value) return fallback;
  if (!value->is_number_integer()) Fail("`" + std::string(key) + "` must be an integer", key);
  return value->is_number_integer() ? value->get<int64_t>() : fallback;
}

std::optional<double> JsonReader::Number(std::string_view key) {
  const Json* value = Find(key, false);
  if (!value) return std::nullopt;
  if (value->is_number()) return value->get<double>();
  Fail("`" + std::string(key) + "` must be a number", key);
  return std::nullopt;
}

std::vector<std::string> JsonReader::Strings(std::string_view key) {
  std::vector<std::string> out;
  const Json* value = Find(key, false);
  if (!value) return out;
  if (!value->is_array()) Fail("`" + std::string(key) + "` must be an array of strings", key);
  for (const auto& item : value->is_array() ? *value : kEmptyArray) {
    if (item.is_string())
      out.push_back(item.get<std::string>());
    else
      Fail("`" + std::string(key) + "` must hold strings only", key);
  }
  return out;
}

const Json* JsonReader::Value(std::string_view key) {
  return Find(key, false);
}

bool JsonReader::Holds(std::string_view key) const {
  const auto found = object_.find(std::string(key));
  return found != object_.end() && found->is_string();
}

const Json& JsonReader::Array(std::string_view key) {
  const Json* value = Find(key, true);
  if (value && value->is_array()) return *value;
  if (value) Fail("`" + std::string(key) + "` must be an array", key);
  return kEmptyArray;
}

void JsonReader::Fail(std::string message, std::string_view key) {
  failures_.push_back({std::string(key), std::move(message), {}, {}});
}

std::vector<Problem> JsonReader::Failures() {
  std::vector<Problem> failures = failures_;
  for (const auto& [key, value] : object_.items()) {
    if (read_.contains(key)) continue;
    const std::vector<std::string> known(read_.begin(), read_.end());
    const std::string near = DidYouMean(key, known);
    failures.push_back({key, "unknown key `" + key + "`" + (near.empty() ? "" : ": " + near), {}, {}});
  }
  return failures;
}

Status JsonReader::Finish() {
  const std::vector<Problem> failures = Failures();
  if (failures.empty()) return Ok();
  return MakeError(ErrorCode::kInvalidArgument, where_ + ": " + failures.front().message);
}

const Json* JsonReader::Find(std::string_view key, bool required) {
  read_.emplace(key);
  const auto found = object_.find(std::string(key));
  if (found != object_.end()) return &*found;
  if (required) Fail("`" + std::string(key) + "` is missing");
  return nullptr;
}

}  // namespace chimera
