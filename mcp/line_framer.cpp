#include "mcp/line_framer.h"

#include <utility>

#include "base/text.h"

namespace chimera::mcp {
namespace {

constexpr size_t kKeptCapacity = 1u << 20;

}  // namespace

void LineFramer::Feed(std::string_view bytes) {
  buffer_.erase(0, start_);
  scanned_ -= start_;
  start_ = 0;
  if (buffer_.empty() && buffer_.capacity() > kKeptCapacity) buffer_ = {};
  buffer_.append(bytes);
}

std::optional<LineFramer::Line> LineFramer::Next() {
  for (;;) {
    const size_t end = buffer_.find('\n', scanned_);
    if (end != std::string::npos) {
      auto line = Cut(end);
      DropTo(end + 1);
      if (line) return line;
      continue;
    }
    scanned_ = buffer_.size();
    if (!skipping_ && buffer_.size() - start_ <= max_bytes_ + 1) return std::nullopt;  // + 1: for a carriage return
    DropTo(buffer_.size());
    if (std::exchange(skipping_, true)) return std::nullopt;
    return Line{{}, true};
  }
}

std::optional<LineFramer::Line> LineFramer::Rest() {
  auto line = Cut(buffer_.size());
  DropTo(buffer_.size());
  return line;
}

/// What comes before `end` as a line; nothing when that is blank or ends a line that was reported already.
std::optional<LineFramer::Line> LineFramer::Cut(size_t end) {
  if (std::exchange(skipping_, false)) return std::nullopt;
  std::string_view line = std::string_view(buffer_).substr(start_, end - start_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > max_bytes_) return Line{{}, true};
  if (Trim(line).empty()) return std::nullopt;
  return Line{std::string(line), false};
}

void LineFramer::DropTo(size_t end) {
  start_ = scanned_ = end;
}

}  // namespace chimera::mcp
