#include "app/privacy.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/text.h"
#include "config/files.h"
#include "engine/data_lock.h"

namespace chimera::app {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kMostBytes = 4096;

Error KeyError(const std::string& path, const std::string& why) {
  return MakeError(ErrorCode::kIoError, "the key of privacy's hashes, " + path + ", " + why,
                   "mend it, or set CHIMERA_PRIVACY_KEY_FILE");
}

Result<std::string> ReadKey(const std::string& path) {
  auto file = config::ReadSmallFile(path, kMostBytes);
  if (!file.ok()) return KeyError(path, file.error().message);
  std::string key(Trim(file->text));
  if (key.size() < kKeyBytes) return KeyError(path, "is too short");
  return key;
}

/// Written whole before it has its name: several servers may start on one folder.
Result<std::string> MakeKey(const std::string& path) {
  const std::string draft = path + "." + RandomHex(8);
  const std::string key = RandomHex(kKeyBytes) + "\n";
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  const bool written =
      file >= 0 && ::write(file, key.data(), key.size()) == static_cast<ssize_t>(key.size()) && ::fsync(file) == 0;
  const bool named = written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int failed = errno;
  if (file >= 0) ::close(file);
  ::unlink(draft.c_str());
  return named ? ReadKey(path) : KeyError(path, std::string("cannot be made: ") + std::strerror(failed));
}

Result<std::string> Key(const config::Config& config) {
  if (!config.privacy.key.empty()) return config.privacy.key;
  if (!config.embedded) {
    return MakeError(ErrorCode::kInvalidArgument, "a column is hashed (privacy), and there is no key for it",
                     "set CHIMERA_PRIVACY_KEY_FILE; make a key with: openssl rand -hex 32");
  }
  auto folder = engine::PrepareDataDir(config.engine.data_dir);
  if (!folder.ok()) return folder.error();
  const std::string path = *folder + "/privacy.key";
  return ::access(path.c_str(), F_OK) == 0 ? ReadKey(path) : MakeKey(path);
}

}  // namespace

Result<std::shared_ptr<const tools::Privacy>> CreatePrivacy(const config::Config& config,
                                                            std::vector<schema::Dataset>& datasets) {
  if (!config.privacy.rules.empty()) {
    Status laid = schema::OverridePrivacy(config.privacy.rules, datasets, config.privacy.rules_from);
    if (!laid.ok()) return laid.error();
  }
  const bool protects =
      std::any_of(datasets.begin(), datasets.end(), [](const auto& dataset) { return !dataset.privacy.empty(); });
  if (!protects) return std::shared_ptr<const tools::Privacy>();
  std::string key = config.privacy.key;
  if (tools::Privacy::NeedsKey(datasets)) {
    auto found = Key(config);
    if (!found.ok()) return found.error();
    key = *std::move(found);
  }
  return tools::Privacy::Create(datasets, std::move(key), config.privacy.exempt_admins);
}

}  // namespace chimera::app
