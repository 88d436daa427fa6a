#include "clickhouse/http_reply.h"

#include <strings.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace chimera::clickhouse {
namespace {

constexpr size_t kMaxHeadBytes = 256 * 1024;
constexpr size_t kHeadPieceBytes = 4096;
constexpr size_t kMaxLineBytes = 4096;
constexpr std::string_view kVersion = "HTTP/1.";
constexpr std::string_view kEndOfHead = "\r\n\r\n";

bool SameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

/// All of `text` as a number of `base`.
std::optional<uint64_t> Number(std::string_view text, int base) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Whether a comma-separated list names `item`.
bool Lists(std::string_view list, std::string_view item) {
  while (!list.empty()) {
    auto comma = std::min(list.find(','), list.size());
    if (SameName(Trim(list.substr(0, comma)), item)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

}  // namespace

std::string_view ReplyHead::Find(std::string_view name) const {
  auto found = std::find_if(headers.begin(), headers.end(), [&](const Header& h) { return SameName(h.name, name); });
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

HttpReply::State HttpReply::Feed(std::string_view bytes) {
  while (!bytes.empty() && (state_ == State::kHead || state_ == State::kBody)) bytes.remove_prefix(Take(bytes));
  if (state_ == State::kComplete) surplus_ += bytes.size();
  return state_;
}

HttpReply::State HttpReply::End() {
  keeps_alive_ = false;
  if (state_ == State::kBody && part_ == Part::kToClose) Complete();
  return state_;
}

std::optional<std::chrono::seconds> HttpReply::IdleLimit() const {
  constexpr std::string_view kTimeout = "timeout=";
  std::string_view text = head_.Find("Keep-Alive");
  auto at = text.find(kTimeout);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + kTimeout.size());
  auto seconds = Number(text.substr(0, text.find_first_not_of("0123456789")), 10);
  if (!seconds || *seconds > 86400) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

/// How many of `bytes` were used; at least one, unless the state changed.
size_t HttpReply::Take(std::string_view bytes) {
  size_t taken = 0;
  switch (part_) {
    case Part::kHead:
      return TakeHead(bytes);
    case Part::kToClose:
      Deliver(bytes);
      return bytes.size();
    case Part::kLength:
    case Part::kChunk:
      return TakeData(bytes);
    case Part::kChunkSize:
      if (TakeLine(bytes, taken)) OnChunkSize();
      return taken;
    case Part::kChunkEnd:
      if (TakeLine(bytes, taken)) line_.empty() ? BeginBody(Part::kChunkSize) : Refuse();
      return taken;
    case Part::kTrailer:
      if (TakeLine(bytes, taken)) line_.empty() ? Complete() : BeginBody(Part::kTrailer);
      trailer_ += taken;
      if (trailer_ > kMaxHeadBytes) Refuse();
      return taken;
  }
  return taken;
}

size_t HttpReply::TakeHead(std::string_view bytes) {
  size_t before = text_.size();
  bytes = bytes.substr(0, kHeadPieceBytes);  // what follows is body, most likely
  text_ += bytes;
  auto shown = std::min(text_.size(), kVersion.size());
  auto end = text_.find(kEndOfHead, before - std::min(before, kEndOfHead.size() - 1));
  bool too_long = end == std::string::npos && text_.size() > kMaxHeadBytes;
  if (text_.compare(0, shown, kVersion, 0, shown) != 0 || too_long) {
    Refuse();
    return bytes.size();
  }
  if (end == std::string::npos) return bytes.size();
  text_.resize(end + kEndOfHead.size());
  size_t taken = text_.size() - before;
  if (!ParseHead()) Refuse();
  return taken;
}

bool HttpReply::ParseHead() {
  // "HTTP/1.1 200 OK"; the reason may be missing.
  std::string_view text = text_;
  std::string_view line = text.substr(0, text.find("\r\n"));
  auto status = Number(line.substr(std::min<size_t>(9, line.size()), 3), 10);
  bool is_line = line.size() >= 12 && line[8] == ' ' && (line.size() == 12 || line[12] == ' ');
  if (!is_line || !status || *status < 100) return false;
  if (*status < 200) {  // "100 Continue" and the like: the reply comes behind it
    text_.clear();
    return true;
  }
  head_.status = static_cast<int>(*status);
  bool is_old = line[7] == '0';
  if (!ParseHeaders(text.substr(line.size() + 2, text.size() - line.size() - kEndOfHead.size()))) return false;
  auto connection = head_.Find("Connection");
  keeps_alive_ = is_old ? Lists(connection, "keep-alive") : !Lists(connection, "close");
  return ChooseFraming();
}

/// Name and value of each of `lines`, every one with its "\r\n".
bool HttpReply::ParseHeaders(std::string_view lines) {
  while (!lines.empty()) {
    auto end = lines.find("\r\n");
    std::string_view line = lines.substr(0, end);
    lines.remove_prefix(end + 2);
    auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0 || line.find_first_of(" \t") < colon) return false;
    head_.headers.push_back({std::string(line.substr(0, colon)), std::string(Trim(line.substr(colon + 1)))});
  }
  return true;
}

bool HttpReply::ChooseFraming() {
  auto transfer = head_.Find("Transfer-Encoding");
  auto coding = head_.Find("Content-Encoding");
  std::optional<uint64_t> length;
  for (const auto& [name, value] : head_.headers) {
    if (!SameName(name, "Content-Length")) continue;
    auto number = Number(value, 10);
    if (!number || (length && *length != *number)) return false;
    length = number;
  }
  bool chunked = SameName(transfer, "chunked");
  if (!transfer.empty() && !chunked) return false;
  is_gzip_ = SameName(coding, "gzip");
  if (!is_gzip_ && !coding.empty() && !SameName(coding, "identity")) return false;  // nobody asked for another
  bool bodyless = head_.status == 204 || head_.status == 304;
  head_.framed = chunked || length || bodyless;
  if (!head_.framed) keeps_alive_ = false;
  receiver_.OnHead(head_);
  left_ = length.value_or(0);
  BeginBody(chunked ? Part::kChunkSize : length ? Part::kLength : Part::kToClose);
  if (bodyless || (part_ == Part::kLength && left_ == 0)) Complete();
  return true;
}

void HttpReply::BeginBody(Part part) {
  state_ = State::kBody;
  part_ = part;
  line_.clear();
}

void HttpReply::Complete() {
  bool whole = !is_gzip_ || had_enough_ || inflater_.IsWhole();
  state_ = whole ? State::kComplete : State::kMalformed;
}

size_t HttpReply::TakeData(std::string_view bytes) {
  bytes = bytes.substr(0, std::min<uint64_t>(left_, bytes.size()));
  left_ -= bytes.size();
  if (!Deliver(bytes)) return bytes.size();
  if (left_ > 0) return bytes.size();
  part_ == Part::kChunk ? BeginBody(Part::kChunkEnd) : Complete();
  return bytes.size();
}

bool HttpReply::TakeLine(std::string_view bytes, size_t& taken) {
  auto end = bytes.find('\n');
  taken = end == std::string_view::npos ? bytes.size() : end + 1;
  line_ += bytes.substr(0, taken);
  if (line_.size() > kMaxLineBytes) Refuse();
  if (state_ == State::kMalformed || end == std::string_view::npos) return false;
  bool has_end = line_.size() >= 2 && line_[line_.size() - 2] == '\r';
  if (!has_end) {
    Refuse();
    return false;
  }
  line_.resize(line_.size() - 2);
  return true;
}

void HttpReply::OnChunkSize() {
  std::string_view size = line_;
  auto number = Number(Trim(size.substr(0, size.find(';'))), 16);
  if (!number) return Refuse();
  left_ = *number;
  BeginBody(left_ == 0 ? Part::kTrailer : Part::kChunk);
}

/// False when the body is damaged.
bool HttpReply::Deliver(std::string_view bytes) {
  if (had_enough_) return true;
  auto hand_on = [this](std::string_view piece) {
    had_enough_ = !receiver_.OnBody(piece);
    return !had_enough_;
  };
  if (!is_gzip_) {
    hand_on(bytes);
  } else if (!inflater_.Feed(bytes, hand_on)) {
    Refuse();
    return false;
  }
  return true;
}

}  // namespace chimera::clickhouse
