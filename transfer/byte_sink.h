// Where exported bytes go: standard output, or a file that appears under its name only when it is whole. Packed by the
// ending of its name, .gz or .zst. One thread at a time.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace chimera::transfer {

class Packer;

class ByteSink {
 public:
  /// "-" is standard output. kIoError when the file beside it cannot be made.
  static Result<std::unique_ptr<ByteSink>> Open(const std::string& path);
  /// Without Finish, nothing is left of the file.
  ~ByteSink();

  /// kIoError when it cannot be written: a full disk, a closed pipe. Blocks on the file.
  Status Write(std::string_view bytes);
  /// Ends the stream, and gives the file its name in one step, over what had it before.
  Status Finish();

 private:
  ByteSink(std::string path, std::string temporary, std::FILE* file);
  Status Put(std::string_view bytes);
  Error Failure() const;

  const std::string path_;
  const std::string temporary_;  ///< empty: standard output
  std::FILE* file_;
  std::unique_ptr<Packer> packer_;
};

}  // namespace chimera::transfer
