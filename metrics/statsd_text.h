// The DogStatsD protocol (https://docs.datadoghq.com/developers/dogstatsd/datagram_shell/): lines, and their packing
// into datagrams. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chimera::metrics {

/// "key:value" with what would end a tag (comma, bar, line end) replaced.
std::string Tag(std::string_view key, std::string_view value);

/// One metric: `muse.clickhouse.query_duration:1.5|h|#a:b,c:d`. `type` is "c", "g" or "h"; `tags` come from Tag.
std::string StatsdLine(std::string_view name, double value, std::string_view type,
                       const std::vector<std::string>& tags);

/// Packs lines into datagrams. Not thread-safe.
class DatagramPacker {
 public:
  /// What a UDP packet carries over Ethernet (1500 bytes) with room for tunnels, as Datadog's own libraries use it.
  static constexpr size_t kMaxBytes = 1432;
  static constexpr size_t kMaxDatagrams = 256;  ///< that wait to be taken; more are dropped

  /// True when a datagram was completed by it. A line longer than a datagram is dropped.
  bool Add(std::string_view line);
  /// What was added since the last call.
  std::vector<std::string> Take();
  uint64_t DroppedLines() const { return dropped_lines_; }

 private:
  std::vector<std::string> full_;
  std::string current_;
  uint64_t dropped_lines_ = 0;
};

}  // namespace chimera::metrics
