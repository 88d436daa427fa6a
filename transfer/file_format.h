// The formats that files are read and written in. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace chimera::transfer {

enum class FileFormat { kCsv, kTsv, kJsonLines, kParquet };

/// From "csv", "tsv", "jsonl" or "parquet"; kInvalidArgument listing them otherwise.
Result<FileFormat> FormatFromName(std::string_view name);
/// By the ending of `path`, behind which .gz or .zst may follow. kInvalidArgument asking for --format when it has none
/// that is known.
Result<FileFormat> FormatOfPath(std::string_view path);
std::string_view Name(FileFormat format);

}  // namespace chimera::transfer
