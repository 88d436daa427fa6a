// The bytes of an answer's body as they leave: chunks as they are made, compressed when that was asked for, and an
// exception's block behind the last row. The HTTP library stays out of it. Used by one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/answer.h"
#include "engine/gzip.h"

namespace chimera::engine {

class AnswerBody {
 public:
  /// For an answer with a stream or a whole result. `version` is the server's, for an exception's text.
  AnswerBody(Answer answer, std::string version);

  /// The next bytes, valid until the next call; empty at the end. Blocks.
  std::string_view Next();
  /// At the end: whether it is that of the result. A body that ends with an exception must not look complete.
  bool Complete() const { return !failed_; }
  /// At the end: X-ClickHouse-Summary with exact counts.
  std::string FinalSummary() const;

 private:
  std::string_view NextPlain();

  Answer answer_;
  const std::string version_;
  std::optional<Gzip> gzip_;
  std::string piece_;  ///< compressed, or the exception's block
  size_t given_ = 0;   ///< of a whole result
  bool ended_ = false;
  bool failed_ = false;
};

/// Compresses a body that is there as a text, if that was asked for.
void CompressText(Answer& answer);

}  // namespace chimera::engine
