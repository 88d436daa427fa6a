#include "base/json.h"

#include "base/json_bounds.h"
#include "base/text.h"

namespace chimera {

Result<Json> ParseJson(std::string_view text) {
  // nlohmann counts object and array levels from 1 and stops a parse whose callback throws nothing but returns false
  // only for that value, so the depth is checked on the text itself before it is parsed.
  if (IsTooDeep(text)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "JSON is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
  }
  if (IsTooWide(text)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "an object of the JSON has more than " + std::to_string(kMaxJsonMembers) + " members");
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    Error malformed = MakeError(ErrorCode::kInvalidArgument, "malformed JSON at byte " + std::to_string(error.byte));
    malformed.position = error.byte == 0 ? 0 : error.byte - 1;
    return malformed;
  } catch (const Json::exception& error) {  // a number out of every range
    return MakeError(ErrorCode::kInvalidArgument, std::string("malformed JSON: ") + error.what());
  }
}

std::string ToText(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void AppendJsonString(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  if (!IsValidUtf8(text)) {
    out += ToText(Json(std::string(text)));
    return;
  }
  out += '"';
  size_t clean = 0;  // start of the run not yet copied
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, clean, i - clean);
    clean = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += "\\u00";
        out += kHex[c >> 4];
        out += kHex[c & 15];
    }
  }
  out.append(text, clean, text.size() - clean);
  out += '"';
}

std::string Excerpt(const Json& value, size_t max_bytes) {
  std::string text = ToText(value);
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

}  // namespace chimera
