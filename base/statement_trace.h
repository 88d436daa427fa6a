// Which statements a request sent to the database, by id, for the one line that the log has of it.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace chimera {

/// Thread-safe.
class StatementTrace {
 public:
  void Note(std::string id);

  /// "a,b,c,+2": the first few, and how many more there were; empty when there was none.
  std::string Text() const;

 private:
  static constexpr size_t kShown = 3;

  mutable std::mutex mutex_;  ///< guards the rest
  std::vector<std::string> ids_;
  size_t more_ = 0;
};

}  // namespace chimera
