#include "transfer/fields.h"

namespace chimera::transfer {
namespace {

char Meaning(char escaped) {
  switch (escaped) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    case '0':
      return '\0';
    default:
      return escaped;
  }
}

}  // namespace

const std::vector<Field>& FieldSplitter::Split(std::string_view record) {
  fields_.clear();
  problem_.clear();
  scratch_.clear();
  scratch_.reserve(record.size());
  tabs_ ? SplitTabs(record) : SplitCsv(record);
  if (!problem_.empty()) fields_.clear();
  return fields_;
}

void FieldSplitter::SplitCsv(std::string_view record) {
  size_t at = 0;
  for (;;) {
    const bool quoted = at < record.size() && record[at] == '"';
    if (quoted) {
      at = QuotedField(record, at + 1);
      if (!problem_.empty()) return;
    } else {
      const size_t end = std::min(record.find(',', at), record.size());
      const std::string_view text = record.substr(at, end - at);
      fields_.push_back({.text = text, .is_null = text == "\\N"});
      at = end;
    }
    if (at == record.size()) return;
    ++at;  // the comma
  }
}

/// The field whose text begins at `begin`; returns where the comma or the record's end is.
size_t FieldSplitter::QuotedField(std::string_view record, size_t begin) {
  size_t quote = record.find('"', begin);
  std::string_view text = record.substr(begin, quote - begin);
  const size_t kept = scratch_.size();
  while (quote != std::string_view::npos && quote + 1 < record.size() && record[quote + 1] == '"') {
    if (scratch_.size() == kept) scratch_ += text;
    const size_t next = record.find('"', quote + 2);
    scratch_ += record.substr(quote + 1, next - quote - 1);
    text = std::string_view(scratch_).substr(kept);
    quote = next;
  }
  if (quote == std::string_view::npos) {
    problem_ = "a quote is never closed";
    return record.size();
  }
  fields_.push_back({.text = text, .quoted = true});
  if (quote + 1 < record.size() && record[quote + 1] != ',') {
    problem_ = "field " + std::to_string(fields_.size()) + " goes on behind its closing quote";
  }
  return quote + 1;
}

void FieldSplitter::SplitTabs(std::string_view record) {
  for (size_t at = 0;;) {
    const size_t end = std::min(record.find('\t', at), record.size());
    const std::string_view text = record.substr(at, end - at);
    const bool is_null = text == "\\N";
    fields_.push_back({.text = is_null ? text : Unescaped(text), .quoted = true, .is_null = is_null});
    if (end == record.size()) return;
    at = end + 1;
  }
}

std::string_view FieldSplitter::Unescaped(std::string_view text) {
  size_t slash = text.find('\\');
  if (slash == std::string_view::npos) return text;
  const size_t begin = scratch_.size();
  while (slash != std::string_view::npos && slash + 1 < text.size()) {
    scratch_ += text.substr(0, slash);
    scratch_ += Meaning(text[slash + 1]);
    text.remove_prefix(slash + 2);
    slash = text.find('\\');
  }
  scratch_ += text;
  return std::string_view(scratch_).substr(begin);
}

}  // namespace chimera::transfer
