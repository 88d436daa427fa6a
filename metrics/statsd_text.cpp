#include "metrics/statsd_text.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"

namespace chimera::metrics {
namespace {

std::string Number(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, 3);
  if (end.ec != std::errc()) return "0";
  std::string number(text, end.ptr);
  number.erase(number.find_last_not_of('0') + 1);  // of "12.500"
  if (number.back() == '.') number.pop_back();
  return number;
}

}  // namespace

std::string Tag(std::string_view key, std::string_view value) {
  std::string tag = std::string(key) + ":" + std::string(value);
  const auto ends_a_tag = [](unsigned char c) { return c == ',' || c == '|' || c < 0x20 || c == 0x7F; };
  std::replace_if(tag.begin(), tag.end(), ends_a_tag, '_');
  return tag;
}

std::string StatsdLine(std::string_view name, double value, std::string_view type,
                       const std::vector<std::string>& tags) {
  std::string line = std::string(name) + ":" + Number(value) + "|" + std::string(type);
  if (!tags.empty()) line += "|#" + Join(tags, ",");
  return line;
}

bool DatagramPacker::Add(std::string_view line) {
  if (line.size() > kMaxBytes || full_.size() >= kMaxDatagrams) {
    ++dropped_lines_;
    return false;
  }
  const bool completes = !current_.empty() && current_.size() + 1 + line.size() > kMaxBytes;
  if (completes) full_.push_back(std::exchange(current_, {}));
  if (!current_.empty()) current_ += '\n';
  current_ += line;
  return completes;
}

std::vector<std::string> DatagramPacker::Take() {
  if (!current_.empty()) full_.push_back(std::exchange(current_, {}));
  return std::exchange(full_, {});
}

}  // namespace chimera::metrics
