// gzip in pieces, in both directions. Nothing here knows of HTTP. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct z_stream_s;  // zlib's

namespace chimera::engine {

/// Compresses a body on its way out.
class Gzip {
 public:
  /// `level` as zlib's: 1 is fast, 9 small.
  explicit Gzip(int level);
  ~Gzip();

  /// Appends to `out` what is ready; the compressor may keep some back.
  void Add(std::string_view bytes, std::string& out);
  /// Appends the rest and the stream's end.
  void Finish(std::string& out);

 private:
  void Run(std::string_view bytes, int flush, std::string& out);
  std::unique_ptr<z_stream_s> stream_;
};

/// Decompresses a body on its way in: gzip, also several members one after the other, or deflate.
class Gunzip {
 public:
  using Take = std::function<void(std::string_view)>;

  Gunzip();
  ~Gunzip();

  /// Hands the bytes of `piece` on in pieces of a bounded size, however much they grow. ZLIB_INFLATE_FAILED when they
  /// are not gzip.
  Status Add(std::string_view piece, const Take& take);
  /// ZLIB_INFLATE_FAILED unless the last byte was the stream's.
  Status Finish() const;

 private:
  std::unique_ptr<z_stream_s> stream_;
  bool inside_ = true;  ///< a stream whose end has not come
};

}  // namespace chimera::engine
