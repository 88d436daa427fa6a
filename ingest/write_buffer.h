// What writers see of the buffer.
#pragma once

#include "ingest/store.h"

namespace chimera::ingest {

class WriteBuffer {
 public:
  virtual ~WriteBuffer() = default;
  /// Takes a write, which is safe when this returns, and will be in the database soon. Errors as Store::Append. Blocks
  /// on the store; thread-safe.
  virtual Result<Accepted> Accept(const RequestContext& context, const Write& write) = 0;
};

}  // namespace chimera::ingest
