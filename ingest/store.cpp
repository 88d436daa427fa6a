#include "ingest/store.h"

namespace chimera::ingest {

Error FrozenError() {
  constexpr std::chrono::seconds kRetryAfter{5};
  Error error = MakeError(ErrorCode::kBusy, "writes are frozen for a switch of databases by an operator",
                          "call again with the same rows after retry_after; what was accepted is safe");
  error.retry_after = kRetryAfter;
  return error;
}

}  // namespace chimera::ingest
