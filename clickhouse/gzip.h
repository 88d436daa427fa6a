// gzip for HTTP bodies, over zlib. Knows nothing of HTTP.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace chimera::clickhouse {

/// `bytes` as one gzip stream. Level 1: measured on 10,000 rows of JSON (see the .cpp). Pure; thread-safe.
std::string Gzip(std::string_view bytes);

/// Inflates a gzip stream piece by piece, in bounded memory.
class Inflater {
 public:
  Inflater();
  ~Inflater();

  /// Hands what `bytes` inflate to on to `sink`, until that says false (the rest of `bytes` is dropped). False when the
  /// stream is damaged.
  bool Feed(std::string_view bytes, const std::function<bool(std::string_view)>& sink);
  /// True when the stream came to its end, checksum included, or never began.
  bool IsWhole() const { return whole_; }

 private:
  struct State;
  std::unique_ptr<State> state_;
  bool whole_ = true;
};

}  // namespace chimera::clickhouse
