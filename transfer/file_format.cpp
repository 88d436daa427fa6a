#include "transfer/file_format.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace chimera::transfer {
namespace {

constexpr std::array<std::pair<std::string_view, FileFormat>, 8> kEndings = {{{"csv", FileFormat::kCsv},
                                                                              {"tsv", FileFormat::kTsv},
                                                                              {"jsonl", FileFormat::kJsonLines},
                                                                              {"parquet", FileFormat::kParquet},
                                                                              {"tab", FileFormat::kTsv},
                                                                              {"ndjson", FileFormat::kJsonLines},
                                                                              {"json", FileFormat::kJsonLines},
                                                                              {"pq", FileFormat::kParquet}}};

}  // namespace

Result<FileFormat> FormatFromName(std::string_view name) {
  for (const auto& [ending, format] : kEndings) {
    if (ToLower(name) == ending) return format;
  }
  return MakeError(ErrorCode::kInvalidArgument, "there is no format `" + std::string(name) + "`",
                   "formats: csv, tsv, jsonl, parquet");
}

Result<FileFormat> FormatOfPath(std::string_view path) {
  std::string lower = ToLower(path);
  for (std::string_view packed : {".gz", ".zst"}) {
    if (lower.ends_with(packed)) lower.resize(lower.size() - packed.size());
  }
  for (const auto& [ending, format] : kEndings) {
    if (lower.ends_with("." + std::string(ending))) return format;
  }
  const std::string what = path == "-" ? "standard input has no name that tells its format"
                                       : "the name " + std::string(path) + " does not tell a format";
  return MakeError(ErrorCode::kInvalidArgument, what, "say it with --format csv, tsv, jsonl or parquet");
}

std::string_view Name(FileFormat format) {
  return kEndings[static_cast<size_t>(format)].first;
}

}  // namespace chimera::transfer
