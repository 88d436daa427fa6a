#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <vector>

#include "base/text.h"
#include "engine/engine.h"

namespace chimera::engine {
namespace {

constexpr const char* kName = "libchdb.so";

/// The folders that are searched, best first.
std::vector<std::filesystem::path> Places() {
  std::error_code failed;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", failed).parent_path();
  std::vector<std::filesystem::path> places;
  if (!failed) {
    // The last is the source tree's, for a program in build/PRESET/.
    places = {beside, beside / "../lib/chimera-mcp", beside / "../../third_party/chdb"};
  }
  const char* loader_path = std::getenv("LD_LIBRARY_PATH");
  std::stringstream folders(loader_path ? loader_path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (!folder.empty()) places.emplace_back(folder);
  }
  places.insert(places.end(), {"/usr/local/lib", "/usr/lib"});
  return places;
}

Error NotFound(const std::string& message) {
  return MakeError(ErrorCode::kIoError, message,
                   "run `make setup`, or install the npm package @chdb/lib-linux-x64-gnu (arm64: "
                   "@chdb/lib-linux-arm64-gnu) and set CHIMERA_LIBCHDB to the path of its libchdb.so");
}

}  // namespace

Result<std::string> FindLibrary(const std::string& configured) {
  std::error_code failed;
  if (!configured.empty()) {
    if (std::filesystem::is_regular_file(configured, failed))
      return std::filesystem::absolute(configured, failed).string();
    return NotFound("the embedded ClickHouse, libchdb, is not at " + configured);
  }
  std::vector<std::string> tried;
  for (const auto& place : Places()) {
    const auto path = (place / kName).lexically_normal();
    if (std::filesystem::is_regular_file(path, failed)) return path.string();
    tried.push_back(path.string());
  }
  return NotFound("the embedded ClickHouse, libchdb, was not found; searched " + Join(tried, ", "));
}

}  // namespace chimera::engine
