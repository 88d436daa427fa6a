#include "schema/mistakes.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

namespace chimera::schema {
namespace {

namespace ondemand = simdjson::ondemand;

size_t LineOf(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  return 1 + static_cast<size_t>(std::count(before.begin(), before.end(), '\n'));
}

/// Where the value at `pointer` begins; nothing when the text is no JSON or has no such value.
std::optional<size_t> OffsetOf(const simdjson::padded_string& text, const std::string& pointer) {
  ondemand::parser parser;
  ondemand::document document;
  ondemand::value value;
  if (parser.iterate(text).get(document) != simdjson::SUCCESS) return std::nullopt;
  if (document.at_pointer(pointer).get(value) != simdjson::SUCCESS) return std::nullopt;
  const char* at = value.raw_json_token().data();
  if (at < text.data() || at > text.data() + text.size()) return std::nullopt;
  return static_cast<size_t>(at - text.data());
}

/// The line of the value, or of the nearest one around it that can be found.
size_t LineOfValue(const std::string& text, std::string pointer) {
  const simdjson::padded_string padded(text);
  while (!pointer.empty()) {
    if (const auto offset = OffsetOf(padded, pointer)) return LineOf(text, *offset);
    pointer.resize(pointer.rfind('/'));
  }
  return 1;
}

}  // namespace

std::string PointerTo(std::string_view key) {
  std::string pointer = "/";
  for (const char c : key) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
  return pointer;
}

Spot Spot::At(std::string label, const std::string& pointer) const {
  Spot inner(*mistakes_, file_);
  inner.label_ = std::move(label);
  inner.pointer_ = pointer_ + pointer;
  return inner;
}

Spot Spot::After(size_t bytes) const {
  Spot rest = *this;
  rest.before_ += bytes;
  return rest;
}

Spot Spot::Item(const std::string& key, size_t index) const {
  const std::string number = std::to_string(index);
  return At(key + "[" + number + "]", PointerTo(key) + "/" + number);
}

void Spot::Fail(std::string message, std::string hint, std::optional<size_t> offset) const {
  if (!label_.empty()) message = label_ + ": " + message;
  if (offset) *offset += before_;
  mistakes_->push_back({file_, pointer_, offset, std::move(message), std::move(hint)});
}

bool Spot::Finish(JsonReader& reader) const {
  const std::vector<Problem> failures = reader.Failures();
  for (const Problem& failure : failures) {
    At(label_, failure.path.empty() ? "" : PointerTo(failure.path)).Fail(failure.message);
  }
  return failures.empty();
}

void FindLines(const Files& files, std::vector<Mistake>& mistakes) {
  for (Mistake& mistake : mistakes) {
    const auto file = files.find(mistake.file);
    if (file == files.end()) continue;
    mistake.line = mistake.offset ? LineOf(file->second, *mistake.offset) : LineOfValue(file->second, mistake.pointer);
  }
}

}  // namespace chimera::schema
