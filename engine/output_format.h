// What the front must know about ClickHouse's output formats: which can be streamed out of libchdb, and where the
// header ends that libchdb repeats at the start of every chunk.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chimera::engine {

/// Whether libchdb's chunks of this format, one after the other, are the whole result once repeated headers are
/// removed. Others (JSON, Parquet, Pretty…) have a frame around everything, so they are made whole.
bool IsStreamable(std::string_view format);

/// Bytes that the header (…WithNames, …WithNamesAndTypes) takes at the start of `chunk`; 0 for formats without one.
size_t HeaderSize(std::string_view format, std::string_view chunk);

/// Removes the header that every chunk but the first repeats.
class HeaderStripper {
 public:
  explicit HeaderStripper(std::string format) : format_(std::move(format)) {}

  /// The part of the next chunk to send on; a slice of `chunk`.
  std::string_view Strip(std::string_view chunk);

 private:
  std::string format_;
  std::optional<std::string> header_;  ///< that of the first chunk
};

}  // namespace chimera::engine
