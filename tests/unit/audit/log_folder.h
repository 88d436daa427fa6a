// A folder for a test's log, and what is in the files there.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "audit/log_file.h"
#include "base/json.h"
#include "base/text.h"

namespace chimera::audit::testing {

class LogFolder : public ::testing::Test {
 protected:
  LogFolder() { std::filesystem::create_directory(folder_); }
  ~LogFolder() override { std::filesystem::remove_all(folder_); }

  LogFileOptions Options(uint64_t max_bytes = 1'000'000, size_t kept = 3) const {
    return {.path = path_, .max_bytes = max_bytes, .kept = kept, .fsync = Fsync::kOff};
  }
  static std::vector<std::string> LinesOf(const std::string& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  std::string Rotated(size_t number) const { return path_ + "." + std::to_string(number); }

  const std::string folder_ = ::testing::TempDir() + "audit-" + NewUuid();
  const std::string path_ = folder_ + "/audit.jsonl";
};

}  // namespace chimera::audit::testing
