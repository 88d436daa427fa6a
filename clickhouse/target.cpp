#include "clickhouse/target.h"

namespace chimera::clickhouse {
namespace {

bool IsUnreserved(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string PercentEncode(std::string_view text) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (unsigned char c : text) {
    if (IsUnreserved(c)) {
      out += static_cast<char>(c);
    } else {
      out.append({'%', kDigits[c >> 4], kDigits[c & 15]});
    }
  }
  return out;
}

}  // namespace

Target& Target::Add(std::string_view name, std::string_view value) {
  text_ += text_.size() == 1 ? '?' : '&';
  text_ += PercentEncode(name) + '=' + PercentEncode(value);
  return *this;
}

Target& Target::Add(std::string_view name, uint64_t value) {
  return Add(name, std::string_view(std::to_string(value)));
}

Target& Target::Add(const Parameter& parameter) {
  return Add("param_" + parameter.name, parameter.is_null ? "\\N" : EscapeParameter(parameter.value));
}

Target& Target::AddUnlessThere(const Setting& setting) {
  std::string start = PercentEncode(setting.name) + '=';
  bool there = text_.find('?' + start) != std::string::npos || text_.find('&' + start) != std::string::npos;
  return there ? *this : Add(setting.name, setting.value);
}

std::string EscapeParameter(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (char c : value) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\0':
        out += "\\0";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace chimera::clickhouse
