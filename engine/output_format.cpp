#include "engine/output_format.h"

#include <algorithm>
#include <array>

namespace chimera::engine {
namespace {

// Rows one after the other. TSVRaw has variants with headers, too, but their end cannot be found.
constexpr std::array<std::string_view, 17> kRowFormats = {"CSV",
                                                          "JSONCompactEachRow",
                                                          "JSONCompactStringsEachRow",
                                                          "JSONEachRow",
                                                          "JSONL",
                                                          "JSONLines",
                                                          "NDJSON",
                                                          "JSONStringsEachRow",
                                                          "LineAsString",
                                                          "Native",
                                                          "Null",
                                                          "RowBinary",
                                                          "TSKV",
                                                          "TSV",
                                                          "TSVRaw",
                                                          "TabSeparated",
                                                          "TabSeparatedRaw"};
constexpr std::array<std::string_view, 6> kFormatsWithHeaders = {
    "CSV", "JSONCompactEachRow", "JSONCompactStringsEachRow", "RowBinary", "TSV", "TabSeparated"};

constexpr std::string_view kNames = "WithNames";
constexpr std::string_view kTypes = "AndTypes";

bool Contains(const auto& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

/// How many header rows a format has: 0, 1 (names) or 2 (names and types).
size_t HeaderRows(std::string_view format) {
  if (format.ends_with(kNames)) return 1;
  return format.ends_with(kTypes) ? 2 : 0;
}

/// The format without its WithNames or WithNamesAndTypes.
std::string_view Base(std::string_view format) {
  if (format.ends_with(kTypes)) format.remove_suffix(kTypes.size());
  if (format.ends_with(kNames)) format.remove_suffix(kNames.size());
  return format;
}

/// One CSV line; a quoted name may hold line feeds.
size_t CsvLine(std::string_view text, size_t begin) {
  bool quoted = false;
  for (size_t i = begin; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == '\n' && !quoted) return i + 1;
  }
  return text.size();
}

size_t TextLine(std::string_view text, size_t begin) {
  const size_t end = text.find('\n', begin);
  return end == std::string_view::npos ? text.size() : end + 1;
}

/// Reads one unsigned LEB128 number at `position`, which moves behind it.
size_t VarUint(std::string_view bytes, size_t& position) {
  size_t value = 0;
  for (size_t shift = 0; position < bytes.size() && shift < 63; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[position++]);
    value |= static_cast<size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return value;
}

/// RowBinary's header: the number of columns, then as many strings a header row.
size_t BinaryHeaderSize(std::string_view chunk, size_t rows) {
  size_t position = 0;
  const size_t columns = VarUint(chunk, position);
  for (size_t i = 0; i < columns * rows && position < chunk.size(); ++i) {
    const size_t length = VarUint(chunk, position);
    position += std::min(length, chunk.size() - position);
  }
  return position;
}

}  // namespace

bool IsStreamable(std::string_view format) {
  if (HeaderRows(format) == 0) return Contains(kRowFormats, format);
  return Contains(kFormatsWithHeaders, Base(format));
}

size_t HeaderSize(std::string_view format, std::string_view chunk) {
  const size_t rows = HeaderRows(format);
  if (rows == 0) return 0;
  if (Base(format) == "RowBinary") return BinaryHeaderSize(chunk, rows);
  const auto line = Base(format) == "CSV" ? CsvLine : TextLine;
  size_t end = 0;
  for (size_t i = 0; i < rows; ++i) end = line(chunk, end);
  return end;
}

std::string_view HeaderStripper::Strip(std::string_view chunk) {
  if (!header_) {
    header_ = chunk.substr(0, HeaderSize(format_, chunk));
    return chunk;
  }
  if (chunk.starts_with(*header_)) chunk.remove_prefix(header_->size());
  return chunk;
}

}  // namespace chimera::engine
