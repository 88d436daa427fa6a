// LoadFolder of schema/loader.h: a dataset's files from disk.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "schema/loader.h"

namespace chimera::schema {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 6> kSubfolders = {"migrations", "tools",  "prompts",
                                                         "demo",       "alerts", "dashboards"};
constexpr uintmax_t kMaxFileBytes = 1 << 20;

Error CannotRead(const fs::path& path, const std::string& reason) {
  return MakeError(ErrorCode::kIoError, "cannot read " + path.string() + ": " + reason);
}

Result<std::string> ReadFile(const fs::path& path) {
  std::error_code error;
  const uintmax_t size = fs::is_regular_file(path, error) ? fs::file_size(path, error) : 0;
  if (error) return CannotRead(path, error.message());
  if (size > kMaxFileBytes) return CannotRead(path, "a dataset's file holds at most 1 MiB");
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) return CannotRead(path, "the file cannot be opened");
  return text;
}

/// The entries of a folder; hidden ones (an editor's, version control's) are left out.
Result<std::vector<fs::path>> List(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (!it->path().filename().string().starts_with(".")) entries.push_back(it->path());
  }
  if (error) return CannotRead(folder, error.message());
  return entries;
}

/// Adds the files of `folder` under `prefix`; of folders in it, only those that a dataset has, one level deep.
Status AddFiles(const fs::path& folder, const std::string& prefix, Files& files) {
  const Result<std::vector<fs::path>> entries = List(folder);
  if (!entries) return entries.error();
  for (const fs::path& entry : *entries) {
    const std::string name = entry.filename().string();
    std::error_code ignored;
    if (fs::is_directory(entry, ignored)) {
      const bool expected =
          prefix.empty() && std::find(kSubfolders.begin(), kSubfolders.end(), name) != kSubfolders.end();
      if (!expected)
        return MakeError(ErrorCode::kInvalidArgument, entry.string() + " is not part of a dataset",
                         "a dataset's folders are migrations, tools, prompts, dashboards, alerts and demo");
      if (Status status = AddFiles(entry, name + "/", files); !status) return status;
      continue;
    }
    Result<std::string> text = ReadFile(entry);
    if (!text) return text.error();
    files.emplace(prefix + name, std::move(*text));
  }
  return Ok();
}

}  // namespace

Result<Dataset> LoadFolder(const std::string& path) {
  std::error_code error;
  fs::path folder = fs::absolute(path, error).lexically_normal();
  if (error) return CannotRead(path, error.message());
  if (!folder.has_filename()) folder = folder.parent_path();
  Files files;
  if (Status status = AddFiles(folder, "", files); !status) return status.error();
  return ParseDataset(folder.filename().string(), files);
}

}  // namespace chimera::schema
