#include "engine/gzip.h"

#include <zlib.h>

#include <new>

#include "engine/exception.h"

namespace chimera::engine {
namespace {

constexpr size_t kBufferBytes = 65536;
constexpr int kWindowBits = 15;
constexpr int kWriteGzip = 16;     // added to the window's bits: gzip's frame instead of zlib's
constexpr int kDetectFormat = 32;  // gzip or zlib, whichever comes
constexpr int kMemoryLevel = 8;

Bytef* Input(std::string_view bytes) {
  return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));  // zlib only reads it
}

Error Damaged(const std::string& why) {
  return Exception(kZlibInflateFailed, "Cannot decompress the request's body: " + why + ".");
}

}  // namespace

Gzip::Gzip(int level) : stream_(std::make_unique<z_stream>()) {
  if (deflateInit2(stream_.get(), level, Z_DEFLATED, kWindowBits + kWriteGzip, kMemoryLevel, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    throw std::bad_alloc();
}

Gzip::~Gzip() {
  deflateEnd(stream_.get());
}

void Gzip::Add(std::string_view bytes, std::string& out) {
  Run(bytes, Z_NO_FLUSH, out);
}

void Gzip::Finish(std::string& out) {
  Run({}, Z_FINISH, out);
}

void Gzip::Run(std::string_view bytes, int flush, std::string& out) {
  stream_->next_in = Input(bytes);
  stream_->avail_in = static_cast<uInt>(bytes.size());
  do {
    const size_t used = out.size();
    out.resize(used + kBufferBytes);
    stream_->next_out = reinterpret_cast<Bytef*>(out.data() + used);
    stream_->avail_out = kBufferBytes;
    deflate(stream_.get(), flush);
    out.resize(out.size() - stream_->avail_out);
  } while (stream_->avail_out == 0);
}

Gunzip::Gunzip() : stream_(std::make_unique<z_stream>()) {
  if (inflateInit2(stream_.get(), kWindowBits + kDetectFormat) != Z_OK) throw std::bad_alloc();
}

Gunzip::~Gunzip() {
  inflateEnd(stream_.get());
}

Status Gunzip::Add(std::string_view piece, const Take& take) {
  char buffer[kBufferBytes];
  stream_->next_in = Input(piece);
  stream_->avail_in = static_cast<uInt>(piece.size());
  do {
    if (!inside_) {
      if (stream_->avail_in == 0) return Ok();
      inflateReset(stream_.get());  // the next member
      inside_ = true;
    }
    stream_->next_out = reinterpret_cast<Bytef*>(buffer);
    stream_->avail_out = kBufferBytes;
    const int code = inflate(stream_.get(), Z_NO_FLUSH);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
      return Damaged(stream_->msg ? stream_->msg : "it is not gzip");
    take({buffer, kBufferBytes - stream_->avail_out});
    inside_ = code != Z_STREAM_END;
  } while (stream_->avail_in > 0 || stream_->avail_out == 0);
  return Ok();
}

Status Gunzip::Finish() const {
  return inside_ ? Status(Damaged("it ends before its end, so that something is missing")) : Ok();
}

}  // namespace chimera::engine
