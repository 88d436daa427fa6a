#include "engine/answer.h"

#include "engine/exception.h"

namespace chimera::engine {
namespace {

// Enough for small results to leave whole, with exact counts; little enough to hold for each query.
constexpr size_t kPrefetchBytes = 65536;

}  // namespace

void ResultStream::End() {
  stream_.reset();
  connection_.reset();
  ticket_.reset();
}

void ResultStream::Fetch() {
  chdb::Block block = stream_->Next();
  counts_.Add(block.Counted());
  if (!block.Exception().empty()) failure_ = ParseException(block.Exception());
  if (failure_ || block.Bytes().empty()) return End();
  blocks_.push_back(std::move(block));
}

Status ResultStream::Prefetch() {
  while (stream_ && counts_.result_bytes < kPrefetchBytes) Fetch();
  return failure_ ? Status(*failure_) : Ok();
}

std::string_view ResultStream::Next() {
  while (true) {
    if (given_ == blocks_.size()) {
      blocks_.clear();
      given_ = 0;
      if (stream_) Fetch();
      if (blocks_.empty()) return {};
    }
    // A chunk of nothing but a repeated header has nothing to give.
    const std::string_view bytes = stripper_.Strip(blocks_[given_++].Bytes());
    if (!bytes.empty()) return bytes;
  }
}

std::string Summary(const chdb::Counts& counts, std::chrono::nanoseconds elapsed) {
  std::string json;
  const auto add = [&](std::string_view name, uint64_t value) {
    json.append(json.empty() ? "{\"" : ",\"").append(name).append("\":\"").append(std::to_string(value)).append("\"");
  };
  add("read_rows", counts.read_rows);
  add("read_bytes", counts.read_bytes);
  add("written_rows", counts.written_rows);
  add("written_bytes", counts.written_bytes);
  add("total_rows_to_read", 0);  // the library does not tell
  add("result_rows", counts.result_rows);
  add("result_bytes", counts.result_bytes);
  add("elapsed_ns", static_cast<uint64_t>(elapsed.count()));
  return json + "}";
}

}  // namespace chimera::engine
