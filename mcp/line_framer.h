// Cuts a byte stream into lines. Input may arrive in pieces of any size; a line longer than the limit is reported once
// and its bytes are dropped up to its end, so memory stays bounded. Not thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace chimera::mcp {

class LineFramer {
 public:
  struct Line {
    std::string text;  ///< without its line end; empty when too long
    bool too_long = false;
  };

  explicit LineFramer(size_t max_bytes) : max_bytes_(max_bytes) {}

  void Feed(std::string_view bytes);
  /// The next whole line that is not blank. A carriage return before the line feed belongs to the line end.
  std::optional<Line> Next();
  /// At the end of input: what came after the last line feed, if that is not blank.
  std::optional<Line> Rest();

 private:
  std::optional<Line> Cut(size_t end);
  void DropTo(size_t end);

  const size_t max_bytes_;
  std::string buffer_;
  size_t start_ = 0;       // of what is not handed out yet, in buffer_
  size_t scanned_ = 0;     // up to here buffer_ holds no line feed after start_
  bool skipping_ = false;  // inside a line that was too long
};

}  // namespace chimera::mcp
