#include "base/statement_trace.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace chimera {

void StatementTrace::Note(std::string id, std::string_view sql, const StatementWork& work) {
  const std::lock_guard lock(mutex_);
  if (ids_.size() < kKept) {
    ids_.push_back(std::move(id));
  } else {
    ++more_;
  }
  if (keeps_text_) text_ = sql;
  total_.rows_read += work.rows_read;
  total_.bytes_read += work.bytes_read;
  total_.rows_written += work.rows_written;
  total_.bytes_written += work.bytes_written;
}

void StatementTrace::NoteProgress(uint64_t rows) {
  const std::lock_guard lock(mutex_);
  seen_ = std::max(seen_, rows);
}

std::string StatementTrace::Text() const {
  const std::lock_guard lock(mutex_);
  const size_t shown = std::min(ids_.size(), kShown);
  const size_t more = ids_.size() - shown + more_;
  return Join({ids_.begin(), ids_.begin() + static_cast<ptrdiff_t>(shown)}, ",") +
         (more == 0 ? "" : ",+" + std::to_string(more));
}

std::vector<std::string> StatementTrace::Ids() const {
  const std::lock_guard lock(mutex_);
  return ids_;
}

std::string StatementTrace::LastText() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

StatementWork StatementTrace::Total() const {
  const std::lock_guard lock(mutex_);
  StatementWork total = total_;
  total.rows_read = std::max(total.rows_read, seen_);
  return total;
}

}  // namespace chimera
