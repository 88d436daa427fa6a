#include "metrics/outcome.h"

namespace chimera::metrics {

std::string_view Label(Outcome outcome) {
  return outcome ? Name(*outcome) : "ok";
}

Outcome FailedWith(std::string_view error_name) {
  for (size_t code = 0; code + 1 < kOutcomes; ++code) {
    if (Name(static_cast<ErrorCode>(code)) == error_name) return static_cast<ErrorCode>(code);
  }
  return ErrorCode::kInternal;
}

}  // namespace chimera::metrics
