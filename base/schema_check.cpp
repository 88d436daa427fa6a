#include "base/schema_check.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace chimera {
namespace {

constexpr size_t kMaxProblems = 50;

bool IsWhole(const Json& value) {
  if (value.is_number_integer()) return true;
  return value.is_number_float() && std::isfinite(value.get<double>()) &&
         value.get<double>() == std::floor(value.get<double>());
}

bool HasType(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "number") return value.is_number();
  if (type == "integer") return IsWhole(value);
  if (type == "boolean") return value.is_boolean();
  return type == "null" && value.is_null();
}

std::vector<std::string> Types(const Json& schema) {
  const auto type = schema.find("type");
  if (type == schema.end()) return {};
  if (type->is_string()) return {type->get<std::string>()};
  return type->get<std::vector<std::string>>();
}

std::string TypeName(const Json& value) {
  if (value.is_number_integer()) return "integer";
  if (value.is_number_float()) return "number";
  return value.type_name();
}

std::string ShortNumber(double number) {
  return ToText(number == std::floor(number) && std::abs(number) < 1e15 ? Json(static_cast<int64_t>(number))
                                                                        : Json(number));
}

// Walks value and schema side by side and collects what does not fit.
class Checker {
 public:
  void Check(const Json& value, const Json& schema, const std::string& path) {
    if (problems_.size() >= kMaxProblems || !schema.is_object()) return;
    if (!CheckType(value, schema, path)) return;
    CheckChoice(value, schema, path);
    if (value.is_number()) CheckBounds(value, schema, path);
    if (value.is_string()) CheckLength(value, schema, path);
    if (value.is_array()) CheckItems(value, schema, path);
    if (value.is_object()) CheckProperties(value, schema, path);
  }

  std::vector<Problem> Take() { return std::move(problems_); }

 private:
  void Add(const std::string& path, std::string message, const Json& value, std::string hint = {}) {
    if (problems_.size() >= kMaxProblems) return;
    problems_.push_back({path, std::move(message), Excerpt(value), std::move(hint)});
  }

  bool CheckType(const Json& value, const Json& schema, const std::string& path) {
    const std::vector<std::string> types = Types(schema);
    const bool fits = std::any_of(types.begin(), types.end(), [&](const auto& type) { return HasType(value, type); });
    if (types.empty() || fits) return true;
    Add(path, "must be of type " + Join(types, " or ") + ", not " + TypeName(value), value, Example(schema));
    return false;
  }

  static std::string Example(const Json& schema) {
    const auto examples = schema.find("examples");
    if (examples == schema.end() || !examples->is_array() || examples->empty()) return {};
    return "for example " + ToText(examples->front());
  }

  void CheckChoice(const Json& value, const Json& schema, const std::string& path) {
    const auto constant = schema.find("const");
    if (constant != schema.end() && value != *constant) Add(path, "must be " + ToText(*constant), value);
    const auto choices = schema.find("enum");
    if (choices == schema.end()) return;
    if (std::find(choices->begin(), choices->end(), value) != choices->end()) return;
    std::vector<std::string> names;
    for (const auto& choice : *choices)
      names.push_back(choice.is_string() ? choice.get<std::string>() : ToText(choice));
    const std::string near = value.is_string() ? DidYouMean(value.get<std::string>(), names) : std::string();
    Add(path, "must be one of " + Join(names, ", "), value, near);
  }

  void CheckBounds(const Json& value, const Json& schema, const std::string& path) {
    const double number = value.get<double>();
    const auto minimum = schema.find("minimum");
    const auto maximum = schema.find("maximum");
    if (minimum != schema.end() && number < minimum->get<double>()) {
      Add(path, "must be at least " + ShortNumber(minimum->get<double>()), value);
    }
    if (maximum != schema.end() && number > maximum->get<double>()) {
      Add(path, "must be at most " + ShortNumber(maximum->get<double>()), value);
    }
  }

  void CheckLength(const Json& value, const Json& schema, const std::string& path) {
    const std::string& text = value.get_ref<const std::string&>();
    const auto in_code_points = static_cast<size_t>(
        std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
    if (in_code_points < schema.value("minLength", size_t{0})) {
      Add(path, in_code_points == 0 ? "must not be empty" : "is too short", value, Example(schema));
    }
    if (in_code_points > schema.value("maxLength", SIZE_MAX)) {
      Add(path, "must have at most " + std::to_string(schema.value("maxLength", SIZE_MAX)) + " characters", value);
    }
  }

  void CheckItems(const Json& value, const Json& schema, const std::string& path) {
    if (value.size() < schema.value("minItems", size_t{0})) {
      Add(path, "must have at least " + std::to_string(schema.value("minItems", size_t{0})) + " item(s)", value);
    }
    if (value.size() > schema.value("maxItems", SIZE_MAX)) {
      Add(path, "must have at most " + std::to_string(schema.value("maxItems", SIZE_MAX)) + " items", value);
    }
    const auto items = schema.find("items");
    if (items == schema.end()) return;
    for (size_t i = 0; i < value.size(); ++i) Check(value[i], *items, path + "[" + std::to_string(i) + "]");
  }

  void CheckProperties(const Json& value, const Json& schema, const std::string& path) {
    static const Json kNone = Json::object();
    const auto found = schema.find("properties");
    const Json& properties = found == schema.end() ? kNone : *found;
    CheckRequired(value, schema, properties, path);
    for (const auto& [key, item] : value.items()) {
      const std::string at = path.empty() ? key : path + "." + key;
      if (const auto property = properties.find(key); property != properties.end())
        Check(item, *property, at);
      else
        CheckAdditional(key, item, schema, properties, at);
    }
  }

  void CheckRequired(const Json& value, const Json& schema, const Json& properties, const std::string& path) {
    const auto required = schema.find("required");
    if (required == schema.end()) return;
    for (const auto& name : *required) {
      const auto key = name.get<std::string>();
      if (value.contains(key)) continue;
      const std::string example = properties.contains(key) ? Example(properties.at(key)) : std::string();
      problems_.push_back({path.empty() ? key : path + "." + key, "is required", "", example});
    }
  }

  void CheckAdditional(const std::string& key, const Json& item, const Json& schema, const Json& properties,
                       const std::string& at) {
    const auto additional = schema.find("additionalProperties");
    if (additional == schema.end()) return;
    if (additional->is_object()) return Check(item, *additional, at);
    if (*additional == Json(true)) return;
    std::vector<std::string> known;
    for (const auto& [name, ignored] : properties.items()) known.push_back(name);
    const std::string near = DidYouMean(key, known);
    Add(at, "is not a known field", item, near.empty() && !known.empty() ? "known: " + Join(known, ", ") : near);
  }

  std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> CheckSchema(const Json& value, const Json& schema, const std::string& path) {
  Checker checker;
  checker.Check(value, schema, path);
  return checker.Take();
}

Error InvalidArguments(const std::string& tool, std::vector<Problem> problems) {
  const size_t count = problems.size();
  Error error = MakeError(ErrorCode::kInvalidArgument, std::to_string(count) + (count == 1 ? " problem" : " problems") +
                                                           " in the arguments of " + tool);
  error.problems = std::move(problems);
  return error;
}

}  // namespace chimera
