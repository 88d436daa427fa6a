#include "clickhouse/reply.h"

#include <algorithm>
#include <charconv>

namespace chimera::clickhouse {
namespace {

constexpr size_t kMaxTextBytes = 64 * 1024;

}  // namespace

bool TextReply::OnBody(std::string_view bytes) {
  text_ += bytes.substr(0, kMaxTextBytes - std::min(kMaxTextBytes, text_.size()));
  return IsSuccess() || text_.size() < kMaxTextBytes;
}

int TextReply::ExceptionCode() const {
  auto header = head_.Find("X-ClickHouse-Exception-Code");
  int code = 0;
  std::from_chars(header.data(), header.data() + header.size(), code);
  return code;
}

std::optional<Exception> TextReply::FindError() const {
  const auto tag = head_.Find("X-ClickHouse-Exception-Tag");
  return IsSuccess() ? FindLateException(Text(), tag) : FindException(Text(), tag, ExceptionCode());
}

bool RowsReply::OnBody(std::string_view bytes) {
  return IsSuccess() ? rows_.Append(bytes) : TextReply::OnBody(bytes);
}

bool BytesReply::OnBody(std::string_view bytes) {
  if (!IsSuccess()) return TextReply::OnBody(bytes);
  taken_ = take_(offset_, bytes);
  offset_ += bytes.size();
  return taken_.ok();
}

}  // namespace chimera::clickhouse
