#include "clickhouse/value_converter.h"

#include <algorithm>

namespace chimera::clickhouse {
namespace {

using Kind = PrintedType::Kind;

constexpr int kMaxDepth = 200;  // of a value's nesting, as in base/json.h

const PrintedType kAsIs = {};
const PrintedType kAny = {Kind::kAny};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsInteger(std::string_view literal) {
  if (literal.starts_with('-')) literal.remove_prefix(1);
  return !literal.empty() && std::all_of(literal.begin(), literal.end(), IsDigit);
}

/// "2026-01-31 12:00:00", and perhaps a fraction, in quotes.
bool IsTime(std::string_view quoted) {
  constexpr std::string_view kShape = "\"0000-00-00 00:00:00";
  if (quoted.size() <= kShape.size()) return false;
  for (size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] == '0' ? !IsDigit(quoted[i]) : quoted[i] != kShape[i]) return false;
  }
  const char next = quoted[kShape.size()];
  return next == '"' || next == '.';
}

/// Copies one line of JSON, changing values on the way. Every method returns false where the text is no such JSON.
class RowCopier {
 public:
  RowCopier(std::string_view text, std::string& out) : text_(text), out_(out) {}

  bool Row(const std::vector<PrintedType>& columns) {
    size_t count = 0;
    const bool copied = List([&](size_t i) -> const PrintedType& {
      count = i + 1;
      return i < columns.size() ? columns[i] : kAsIs;
    });
    return copied && count == columns.size() && text_.empty();
  }

 private:
  bool Value(const PrintedType& type) {
    CopySpace();
    if (text_.empty()) return false;
    if (text_.front() == '"') return String(type);
    if (text_.front() != '[' && text_.front() != '{') return Literal(type);
    if (++depth_ > kMaxDepth) return false;
    const bool copied =
        text_.front() == '[' ? List([&](size_t i) -> const PrintedType& { return Element(type, i); }) : Object(type);
    --depth_;
    return copied;
  }

  template <typename TypeOf>
  bool List(TypeOf type_of) {
    if (!Copy('[')) return false;
    CopySpace();
    if (Copy(']')) return true;
    for (size_t i = 0;; ++i) {
      if (!Value(type_of(i))) return false;
      CopySpace();
      if (Copy(']')) return true;
      if (!Copy(',')) return false;
    }
  }

  bool Object(const PrintedType& type) {
    if (!Copy('{')) return false;
    CopySpace();
    if (Copy('}')) return true;
    for (size_t i = 0;; ++i) {
      CopySpace();
      const std::string_view key = text_.substr(0, StringEnd());
      if (!String(type.kind == Kind::kMap ? type.parts[0] : kAsIs)) return false;
      CopySpace();
      if (!Copy(':') || !Value(Member(type, key, i))) return false;
      CopySpace();
      if (Copy('}')) return true;
      if (!Copy(',')) return false;
    }
  }

  bool String(const PrintedType& type) {
    const size_t end = StringEnd();
    if (end == 0) return false;
    const std::string_view quoted = text_.substr(0, end);
    out_ += quoted;
    if (type.kind == Kind::kTime && IsTime(quoted)) {
      out_[out_.size() - quoted.size() + std::string_view("\"0000-00-00").size()] = 'T';
      out_.insert(out_.size() - 1, 1, 'Z');
    }
    text_.remove_prefix(end);
    return true;
  }

  bool Literal(const PrintedType& type) {
    const std::string_view literal = text_.substr(0, text_.find_first_of(",]} \t"));
    if (literal.empty()) return false;
    const bool number = IsDigit(literal.front()) || literal.front() == '-';
    const bool quote = (type.kind == Kind::kQuoted && number) || (type.kind == Kind::kAny && IsInteger(literal));
    if (quote) out_ += '"';
    out_ += literal;
    if (quote) out_ += '"';
    text_.remove_prefix(literal.size());
    return true;
  }

  /// The type of an array's element. A value of another shape than its type's is decided piece by piece.
  static const PrintedType& Element(const PrintedType& type, size_t index) {
    if (type.kind == Kind::kAsIs) return kAsIs;
    if (type.kind == Kind::kArray) return type.parts[0];
    return type.kind == Kind::kTuple && index < type.parts.size() ? type.parts[index] : kAny;
  }

  static const PrintedType& Member(const PrintedType& type, std::string_view key, size_t index) {
    if (type.kind == Kind::kAsIs) return kAsIs;
    if (type.kind == Kind::kMap) return type.parts[1];
    if (type.kind != Kind::kTuple) return kAny;
    if (index < type.names.size() && type.names[index] == key) return type.parts[index];
    const auto found = std::find(type.names.begin(), type.names.end(), key);
    return found == type.names.end() ? kAny : type.parts[static_cast<size_t>(found - type.names.begin())];
  }

  /// The length of the string that the text begins with, quotes included; 0 when it begins with none.
  size_t StringEnd() const {
    if (text_.empty() || text_.front() != '"') return 0;
    for (size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '\\') {
        ++i;
      } else if (text_[i] == '"') {
        return i + 1;
      }
    }
    return 0;
  }

  void CopySpace() {
    while (Copy(' ')) {
    }
  }

  bool Copy(char c) {
    if (text_.empty() || text_.front() != c) return false;
    out_ += c;
    text_.remove_prefix(1);
    return true;
  }

  std::string_view text_;  ///< what is left
  std::string& out_;
  int depth_ = 0;
};

}  // namespace

bool ValueConverter::Convert(std::string_view line, std::string& out) const {
  return RowCopier(line, out).Row(columns_);
}

}  // namespace chimera::clickhouse
