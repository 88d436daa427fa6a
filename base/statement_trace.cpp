#include "base/statement_trace.h"

#include <utility>

#include "base/text.h"

namespace chimera {

void StatementTrace::Note(std::string id) {
  const std::lock_guard lock(mutex_);
  if (ids_.size() < kShown) {
    ids_.push_back(std::move(id));
  } else {
    ++more_;
  }
}

std::string StatementTrace::Text() const {
  const std::lock_guard lock(mutex_);
  return Join(ids_, ",") + (more_ == 0 ? "" : ",+" + std::to_string(more_));
}

}  // namespace chimera
