#include "transfer/byte_sink.h"

#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <limits>
#include <system_error>
#include <vector>

namespace chimera::transfer {

using Out = std::function<Status(std::string_view)>;

class Packer {
 public:
  virtual ~Packer() = default;
  virtual Status Pack(std::string_view bytes, bool last, const Out& out) = 0;
};

namespace {

constexpr size_t kPieceBytes = 256 * 1024;

class GzipPacker : public Packer {
 public:
  GzipPacker() {
    constexpr int kLevel = 6;
    constexpr int kGzip = 15 + 16;  // the largest window, in gzip's frame (zlib.h)
    constexpr int kMemory = 8;
    if (deflateInit2(&stream_, kLevel, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
  }
  ~GzipPacker() override { deflateEnd(&stream_); }

  Status Pack(std::string_view bytes, bool last, const Out& out) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib does not write to it
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece_.data());
      stream_.avail_out = static_cast<uInt>(piece_.size());
      deflate(&stream_, last ? Z_FINISH : Z_NO_FLUSH);
      if (Status put = out({piece_.data(), piece_.size() - stream_.avail_out}); !put) return put;
    } while (stream_.avail_out == 0);
    return Ok();
  }

 private:
  z_stream stream_{};
  std::vector<char> piece_ = std::vector<char>(kPieceBytes);
};

class ZstdPacker : public Packer {
 public:
  ZstdPacker() : stream_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
    if (!stream_) throw std::bad_alloc();
  }

  Status Pack(std::string_view bytes, bool last, const Out& out) override {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    size_t left = 0;
    do {
      ZSTD_outBuffer packed{piece_.data(), piece_.size(), 0};
      left = ZSTD_compressStream2(stream_.get(), &packed, &in, last ? ZSTD_e_end : ZSTD_e_continue);
      if (ZSTD_isError(left) != 0) return MakeError(ErrorCode::kInternal, ZSTD_getErrorName(left));
      if (Status put = out({piece_.data(), packed.pos}); !put) return put;
    } while (in.pos < in.size || (last && left > 0));
    return Ok();
  }

 private:
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> stream_;
  std::vector<char> piece_ = std::vector<char>(kPieceBytes);
};

}  // namespace

ByteSink::ByteSink(std::string path, std::string temporary, std::FILE* file)
    : path_(std::move(path)), temporary_(std::move(temporary)), file_(file) {
  if (path_.ends_with(".gz")) packer_ = std::make_unique<GzipPacker>();
  if (path_.ends_with(".zst")) packer_ = std::make_unique<ZstdPacker>();
}

Result<std::unique_ptr<ByteSink>> ByteSink::Open(const std::string& path) {
  if (path == "-") return std::unique_ptr<ByteSink>(new ByteSink("standard output", "", stdout));
  const std::string temporary = path + ".part." + std::to_string(getpid());
  std::FILE* file = std::fopen(temporary.c_str(), "wxe");
  if (file == nullptr) {
    return MakeError(ErrorCode::kIoError, temporary + " cannot be made: " + std::generic_category().message(errno));
  }
  return std::unique_ptr<ByteSink>(new ByteSink(path, temporary, file));
}

ByteSink::~ByteSink() {
  if (temporary_.empty() || file_ == nullptr) return;
  std::fclose(file_);
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

Error ByteSink::Failure() const {
  return MakeError(ErrorCode::kIoError, path_ + " cannot be written: " + std::generic_category().message(errno));
}

Status ByteSink::Put(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) return Failure();
  return Ok();
}

Status ByteSink::Write(std::string_view bytes) {
  if (!packer_) return Put(bytes);
  return packer_->Pack(bytes, false, [this](std::string_view packed) { return Put(packed); });
}

Status ByteSink::Finish() {
  if (packer_) {
    Status packed = packer_->Pack({}, true, [this](std::string_view rest) { return Put(rest); });
    if (!packed) return packed;
  }
  if (std::fflush(file_) != 0) return Failure();
  if (temporary_.empty()) return Ok();
  if (fsync(fileno(file_)) != 0) return Failure();
  const bool closed = std::fclose(file_) == 0;
  file_ = nullptr;
  if (closed && std::rename(temporary_.c_str(), path_.c_str()) == 0) return Ok();
  Error failure = Failure();
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
  return failure;
}

}  // namespace chimera::transfer
