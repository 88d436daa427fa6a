// A folder of a test's own, and buffers in files of it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "ingest/sqlite_store.h"

namespace chimera::ingest {

/// Removed with its end.
class SqliteFolder {
 public:
  SqliteFolder() {
    // In memory where that can be: thousands of waits for a disk would show nothing that a death of a process shows.
    std::string pattern = "/dev/shm/chimera-ingest-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) {
      pattern = (std::filesystem::temp_directory_path() / "chimera-ingest-XXXXXX").string();
      if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    }
    path_ = pattern;
  }
  ~SqliteFolder() { std::filesystem::remove_all(path_); }
  SqliteFolder(const SqliteFolder&) = delete;
  SqliteFolder& operator=(const SqliteFolder&) = delete;

  std::string File(const std::string& name = "buffer.sqlite") const { return (path_ / name).string(); }

  Result<std::unique_ptr<Store>> TryOpen(const StoreLimits& limits = {}) const {
    return OpenSqliteStore(RequestContext::For("test", std::chrono::seconds(30), {}),
                           {.path = File(), .limits = limits});
  }
  /// Null, with a failed test, where it cannot be.
  std::unique_ptr<Store> Open(const StoreLimits& limits = {}) const {
    auto store = TryOpen(limits);
    if (store) return *std::move(store);
    ADD_FAILURE() << store.error().message;
    return nullptr;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace chimera::ingest
