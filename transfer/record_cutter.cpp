#include "transfer/record_cutter.h"

#include <algorithm>
#include <cstring>

namespace chimera::transfer {
namespace {

constexpr size_t kReadBytes = 1 << 20;

Error AtLine(const std::string& name, uint64_t line, const std::string& what, std::string hint) {
  return MakeError(ErrorCode::kInvalidArgument, name + ", line " + std::to_string(line) + ": " + what, std::move(hint));
}

}  // namespace

RecordCutter::RecordCutter(ByteSource& source, std::string name, bool quotes)
    : source_(source), name_(std::move(name)), quotes_(quotes) {}

Status RecordCutter::ReadMore() {
  const size_t size = buffer_.size();
  if (size - (ends_.empty() ? 0 : ends_.back()) > kMaxRecordBytes) {
    const auto line =
        line_ + static_cast<uint64_t>(std::count(
                    buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(ends_.empty() ? 0 : ends_.back()), '\n'));
    return AtLine(name_, line, "a record of more than 64 MiB", open_ ? "is a quote missing there?" : "");
  }
  buffer_.resize(size + kReadBytes);
  auto got = source_.Read(buffer_.data() + size, kReadBytes);
  buffer_.resize(size + (got ? *got : 0));
  if (!got) return std::move(got).error();
  ended_ = *got == 0;
  return Ok();
}

/// The byte order mark that spreadsheets put in front of UTF-8.
Status RecordCutter::SkipMark() {
  started_ = true;
  while (buffer_.size() < 3 && !ended_) {
    if (Status more = ReadMore(); !more) return more;
  }
  if (buffer_.starts_with("\xEF\xBB\xBF")) buffer_.erase(0, 3);
  if (buffer_.starts_with("\xFF\xFE") || buffer_.starts_with("\xFE\xFF")) {
    return AtLine(name_, 1, "the file is UTF-16", "convert it first: iconv -f UTF-16 -t UTF-8");
  }
  return Ok();
}

/// False at the end of the stream.
Result<bool> RecordCutter::FindRecord() {
  for (;;) {
    const void* found = std::memchr(buffer_.data() + scanned_, '\n', buffer_.size() - scanned_);
    if (found != nullptr) {
      const auto end = static_cast<size_t>(static_cast<const char*>(found) - buffer_.data()) + 1;
      if (quotes_) open_ ^= std::count(buffer_.data() + scanned_, buffer_.data() + end, '"') % 2 != 0;
      scanned_ = end;
      if (open_) continue;
      ends_.push_back(end);
      return true;
    }
    const size_t begin = ends_.empty() ? 0 : ends_.back();
    if (!ended_) {
      if (Status more = ReadMore(); !more) return std::move(more).error();
      continue;
    }
    if (begin == buffer_.size()) return false;
    buffer_ += '\n';  // the last record had none
    if (quotes_ &&
        (open_ ^ (std::count(buffer_.begin() + static_cast<ptrdiff_t>(scanned_), buffer_.end(), '"') % 2 != 0))) {
      const auto lines = std::count(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(begin), '\n');
      return AtLine(name_, line_ + static_cast<uint64_t>(lines), "a quote of this record is never closed",
                    "quotes inside a quoted field are doubled: \"say \"\"hi\"\"\"");
    }
  }
}

Result<std::optional<std::string>> RecordCutter::TakeHeader() {
  auto found = Fill({.records = 1});
  if (!found) return std::move(found).error();
  if (*found == 0) return std::optional<std::string>();
  std::string record(Peek(1));
  Take(1);
  index_ = 0;
  while (!record.empty() && (record.back() == '\n' || record.back() == '\r')) record.pop_back();
  return std::optional(std::move(record));
}

Result<size_t> RecordCutter::Fill(const BatchLimits& limits) {
  if (!started_) {
    if (Status skipped = SkipMark(); !skipped) return std::move(skipped).error();
  }
  const auto full = [&](size_t count) { return count >= limits.records || ends_[count - 1] >= limits.bytes; };
  size_t count = 0;
  while (count == 0 || !full(count)) {
    if (count == ends_.size()) {
      auto found = FindRecord();
      if (!found) return std::move(found).error();
      if (!*found) return count;
    }
    ++count;
  }
  return count;
}

std::string_view RecordCutter::Peek(size_t records) const {
  return std::string_view(buffer_).substr(0, records == 0 ? 0 : ends_[records - 1]);
}

RecordBatch RecordCutter::Take(size_t records) {
  RecordBatch batch;
  batch.index = ++index_;
  batch.first_line = line_;
  const std::string_view text = Peek(records);
  batch.text.reserve(text.size() + kTextPadding);
  batch.text = text;
  line_ += static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
  const auto taken = ends_.begin() + static_cast<ptrdiff_t>(records);
  batch.ends.assign(ends_.begin(), taken);
  ends_.erase(ends_.begin(), taken);
  for (size_t& end : ends_) end -= text.size();
  scanned_ -= text.size();
  buffer_.erase(0, text.size());
  batch.text.append(kTextPadding, '\0');
  return batch;
}

}  // namespace chimera::transfer
