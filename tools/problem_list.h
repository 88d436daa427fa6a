// The problems of one call as they are found: the first fifty in full, the rest counted. Value type.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace chimera::tools {

class ProblemList {
 public:
  static constexpr size_t kMaxListed = 50;

  bool Empty() const { return count_ == 0; }
  /// Whether the next problem is still listed: its texts need not be made otherwise.
  bool Lists() const { return problems_.size() < kMaxListed; }
  /// `value` is JSON text of any length.
  void Add(std::string path, std::string message, std::string_view value, std::string hint);
  /// Counts a problem that is not listed.
  void Count() { ++count_; }

  /// kInvalidArgument: "73 problems in the arguments of insert.episodes; the first 50 are listed".
  Error ToError(const std::string& tool) &&;

 private:
  std::vector<Problem> problems_;
  size_t count_ = 0;
};

}  // namespace chimera::tools
