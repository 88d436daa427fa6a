// The files of the datasets that are compiled in; schema/embed_files.cmake generates the definition.
#pragma once

#include <span>
#include <string_view>

namespace chimera::schema {

struct BuiltInFile {
  std::string_view path;  ///< "chimera_metrics/dataset.json"
  std::string_view text;
};

/// All of them, in the order in which schema/CMakeLists.txt lists them; static storage.
std::span<const BuiltInFile> BuiltInFiles();

}  // namespace chimera::schema
