// Which statements a request sent to the database, and what they did there as far as the server told: for the log, for
// quotas and for the audit log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace chimera {

/// What one statement did, or several together.
struct StatementWork {
  uint64_t rows_read = 0;  ///< from storage
  uint64_t bytes_read = 0;
  uint64_t rows_written = 0;
  uint64_t bytes_written = 0;  ///< of their text
};

/// Thread-safe.
class StatementTrace {
 public:
  /// `keeps_text`: the text of the latest statement is wanted, too.
  explicit StatementTrace(bool keeps_text = false) : keeps_text_(keeps_text) {}

  /// A statement that was sent, whatever came of it; `sql` is its text, of an insert without the rows.
  void Note(std::string id, std::string_view sql = {}, const StatementWork& work = {});
  /// A statement has read so many rows by now. One that fails does not say more.
  void NoteProgress(uint64_t rows);

  /// "a,b,c,+2": the first few, and how many more there were; empty when there was none.
  std::string Text() const;
  /// The first hundred.
  std::vector<std::string> Ids() const;
  /// The text of the latest; empty when there was none, or nobody wanted it.
  std::string LastText() const;
  /// Of all together. Of those that failed, only the rows that one of them was seen to read.
  StatementWork Total() const;

 private:
  static constexpr size_t kShown = 3;
  static constexpr size_t kKept = 100;

  const bool keeps_text_;
  mutable std::mutex mutex_;  ///< guards the rest
  std::vector<std::string> ids_;
  size_t more_ = 0;
  std::string text_;
  StatementWork total_;
  uint64_t seen_ = 0;  ///< the most rows that a statement was seen to read
};

}  // namespace chimera
