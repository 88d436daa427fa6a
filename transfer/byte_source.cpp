#include "transfer/byte_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string_view>
#include <system_error>
#include <vector>

namespace chimera::transfer {
namespace {

constexpr size_t kPieceBytes = 256 * 1024;
constexpr int kLookForStopMs = 100;

class FileSource : public ByteSource {
 public:
  FileSource(std::string name, int descriptor, bool owned, std::stop_token stop)
      : name_(std::move(name)), descriptor_(descriptor), owned_(owned), stop_(std::move(stop)) {
    struct stat facts {};
    if (fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode)) size_ = static_cast<uint64_t>(facts.st_size);
  }
  ~FileSource() override {
    if (owned_) ::close(descriptor_);
  }

  Result<size_t> Read(char* to, size_t room) override {
    for (;;) {
      if (stop_.stop_requested()) return MakeError(ErrorCode::kCancelled, "stopped");
      pollfd ready{descriptor_, POLLIN, 0};
      if (!size_ && ::poll(&ready, 1, kLookForStopMs) == 0) continue;
      const ssize_t got = ::read(descriptor_, to, room);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        return MakeError(ErrorCode::kIoError, name_ + " cannot be read: " + std::generic_category().message(errno));
      }
      consumed_ += static_cast<uint64_t>(got);
      return static_cast<size_t>(got);
    }
  }
  uint64_t Consumed() const override { return consumed_; }
  std::optional<uint64_t> Size() const override { return size_; }

 private:
  const std::string name_;
  const int descriptor_;
  const bool owned_;
  const std::stop_token stop_;
  std::optional<uint64_t> size_;
  std::atomic<uint64_t> consumed_{0};
};

/// Another source with its first bytes, which were looked at, put back.
class Rewound : public ByteSource {
 public:
  Rewound(std::unique_ptr<ByteSource> rest, std::string first) : rest_(std::move(rest)), first_(std::move(first)) {}

  Result<size_t> Read(char* to, size_t room) override {
    if (at_ == first_.size()) return rest_->Read(to, room);
    const size_t count = std::min(room, first_.size() - at_);
    std::memcpy(to, first_.data() + at_, count);
    at_ += count;
    return count;
  }
  uint64_t Consumed() const override { return rest_->Consumed(); }
  std::optional<uint64_t> Size() const override { return rest_->Size(); }

 private:
  const std::unique_ptr<ByteSource> rest_;
  const std::string first_;
  size_t at_ = 0;
};

/// What the unpackers share: the packed bytes, piece by piece.
class PackedSource : public ByteSource {
 public:
  PackedSource(std::string name, std::unique_ptr<ByteSource> packed)
      : name_(std::move(name)), packed_(std::move(packed)), piece_(kPieceBytes) {}

  Result<size_t> Read(char* to, size_t room) override {
    for (;;) {
      if (begin_ == end_ && !ended_) {
        auto got = packed_->Read(piece_.data(), piece_.size());
        if (!got) return got;
        begin_ = 0;
        end_ = *got;
        ended_ = *got == 0;
      }
      auto made = Unpack(to, room);
      if (!made || *made > 0) return made;
      if (ended_) return whole_ ? Result<size_t>(size_t{0}) : Result<size_t>(Damaged("ends too early"));
    }
  }
  uint64_t Consumed() const override { return packed_->Consumed(); }
  std::optional<uint64_t> Size() const override { return packed_->Size(); }

 protected:
  virtual Result<size_t> Unpack(char* to, size_t room) = 0;

  Error Damaged(const std::string& how) const {
    return MakeError(ErrorCode::kInvalidArgument, name_ + ": the packed file " + how, "fetch it again");
  }

  const std::string name_;
  const std::unique_ptr<ByteSource> packed_;
  std::vector<char> piece_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool ended_ = false;
  bool whole_ = true;  ///< between two members or frames
};

class GzipSource : public PackedSource {
 public:
  GzipSource(std::string name, std::unique_ptr<ByteSource> packed) : PackedSource(std::move(name), std::move(packed)) {
    constexpr int kGzip = 15 + 16;  // the largest window, in gzip's frame (zlib.h)
    if (inflateInit2(&stream_, kGzip) != Z_OK) throw std::bad_alloc();
  }
  ~GzipSource() override { inflateEnd(&stream_); }

 private:
  Result<size_t> Unpack(char* to, size_t room) override {
    if (begin_ == end_) return size_t{0};
    if (whole_) inflateReset(&stream_);  // one more member behind the last
    const auto capacity = static_cast<uInt>(std::min<size_t>(room, std::numeric_limits<uInt>::max()));
    stream_.next_in = reinterpret_cast<Bytef*>(piece_.data() + begin_);
    stream_.avail_in = static_cast<uInt>(end_ - begin_);
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = capacity;
    const int result = inflate(&stream_, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return Damaged("is damaged");
    begin_ = end_ - stream_.avail_in;
    whole_ = result == Z_STREAM_END;
    return size_t{capacity - stream_.avail_out};
  }

  z_stream stream_{};
};

class ZstdSource : public PackedSource {
 public:
  ZstdSource(std::string name, std::unique_ptr<ByteSource> packed)
      : PackedSource(std::move(name), std::move(packed)), stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {
    if (!stream_) throw std::bad_alloc();
  }

 private:
  Result<size_t> Unpack(char* to, size_t room) override {
    ZSTD_inBuffer in{piece_.data(), end_, begin_};
    ZSTD_outBuffer out{to, room, 0};
    const size_t result = ZSTD_decompressStream(stream_.get(), &out, &in);
    if (ZSTD_isError(result) != 0) return Damaged(std::string("is damaged: ") + ZSTD_getErrorName(result));
    if (in.pos > begin_ || out.pos > 0) whole_ = result == 0;
    begin_ = in.pos;
    return out.pos;
  }

  const std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream_;
};

Result<std::unique_ptr<ByteSource>> Unpacked(const std::string& name, std::unique_ptr<ByteSource> file) {
  constexpr size_t kMagicBytes = 4;
  std::string first(kMagicBytes, '\0');
  size_t have = 0;
  while (have < kMagicBytes) {  // a pipe may give less
    auto got = file->Read(first.data() + have, kMagicBytes - have);
    if (!got) return std::move(got).error();
    if (*got == 0) break;
    have += *got;
  }
  first.resize(have);
  const bool gzip = first.starts_with("\x1f\x8b");
  const bool zstd = first.starts_with("\x28\xb5\x2f\xfd");
  std::unique_ptr<ByteSource> source = std::make_unique<Rewound>(std::move(file), std::move(first));
  if (gzip) source = std::make_unique<GzipSource>(name, std::move(source));
  if (zstd) source = std::make_unique<ZstdSource>(name, std::move(source));
  return source;
}

}  // namespace

Result<std::unique_ptr<ByteSource>> OpenSource(const std::string& path, std::stop_token stop) {
  if (path == "-") {
    const std::string name = "standard input";
    return Unpacked(name, std::make_unique<FileSource>(name, STDIN_FILENO, false, std::move(stop)));
  }
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat facts {};
  if (descriptor >= 0 && fstat(descriptor, &facts) == 0 && S_ISDIR(facts.st_mode)) {
    ::close(descriptor);
    return MakeError(ErrorCode::kIoError, path + " is a folder", "name its files: " + path + "/*");
  }
  if (descriptor < 0) {
    return MakeError(ErrorCode::kIoError, path + " cannot be opened: " + std::generic_category().message(errno));
  }
  return Unpacked(path, std::make_unique<FileSource>(path, descriptor, true, std::move(stop)));
}

}  // namespace chimera::transfer
