// ReadFolder and LoadFolder of schema/loader.h: a dataset's files from disk.
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
Status AddFiles(const fs::path& folder, const std::string& prefix, Reading& reading) {
  const Result<std::vector<fs::path>> entries = List(folder);
  if (!entries) return entries.error();
  const auto note = [&](const std::string& name, const Error& error) {
    reading.mistakes.push_back({prefix + name, {}, {}, error.message, error.hint, error.code});
  };
  for (const fs::path& entry : *entries) {
    const std::string name = entry.filename().string();
    std::error_code ignored;
    if (fs::is_directory(entry, ignored)) {
      const bool expected =
          prefix.empty() && std::find(kSubfolders.begin(), kSubfolders.end(), name) != kSubfolders.end();
      Status added =
          expected
              ? AddFiles(entry, name + "/", reading)
              : Status(MakeError(ErrorCode::kInvalidArgument, entry.string() + " is not part of a dataset",
                                 "a dataset's folders are migrations, tools, prompts, dashboards, alerts and demo"));
      if (!added) note(name, added.error());
      continue;
    }
    Result<std::string> text = ReadFile(entry);
    if (!text) note(name, text.error());
    if (text) reading.files.emplace(prefix + name, std::move(*text));
  }
  return Ok();
}

/// The name of the dataset, and its files with what cannot be read of them.
Result<std::pair<std::string, Reading>> ReadFiles(const std::string& path) {
  std::error_code error;
  fs::path folder = fs::absolute(path, error).lexically_normal();
  if (error) return CannotRead(path, error.message());
  if (!folder.has_filename()) folder = folder.parent_path();
  Reading reading;
  if (Status status = AddFiles(folder, "", reading); !status) return status.error();
  return std::pair(folder.filename().string(), std::move(reading));
}

}  // namespace

Result<Reading> ReadFolder(const std::string& path) {
  auto read = ReadFiles(path);
  if (!read) return read.error();
  Reading reading = ReadDataset(read->first, std::move(read->second.files));
  const std::vector<Mistake>& unread = read->second.mistakes;
  // A file that cannot be read is not missed a second time.
  std::erase_if(reading.mistakes, [&](const Mistake& mistake) {
    return std::any_of(unread.begin(), unread.end(), [&](const Mistake& one) { return one.file == mistake.file; });
  });
  reading.mistakes.insert(reading.mistakes.begin(), unread.begin(), unread.end());
  return reading;
}

Result<Dataset> LoadFolder(const std::string& path) {
  auto read = ReadFiles(path);
  if (!read) return read.error();
  if (!read->second.mistakes.empty()) {
    const Mistake& first = read->second.mistakes.front();
    return MakeError(first.code, first.message, first.hint);
  }
  return ParseDataset(read->first, read->second.files);
}

}  // namespace chimera::schema
