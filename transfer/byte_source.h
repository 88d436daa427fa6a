// The bytes of a file or of standard input, unpacked where they are gzip or zstd. Told by the bytes themselves, so that
// a pipe and a file without an ending work, too. Bounded memory; one thread at a time, but for `Consumed`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"

namespace chimera::transfer {

class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Up to `room` bytes into `to`; 0 at the end. Blocks on the file. kIoError when it cannot be read; kInvalidArgument
  /// when what is packed is damaged or cut off.
  virtual Result<size_t> Read(char* to, size_t room) = 0;

  /// How many bytes of the file, packed as it is, were read. Any thread.
  virtual uint64_t Consumed() const = 0;
  /// The size of the file; nothing for a pipe.
  virtual std::optional<uint64_t> Size() const = 0;
};

/// Opens `path`; "-" is standard input. kIoError naming the path and the system's reason. Reading ends with kCancelled
/// soon after `stop`.
Result<std::unique_ptr<ByteSource>> OpenSource(const std::string& path, std::stop_token stop);

}  // namespace chimera::transfer
