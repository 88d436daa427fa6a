#include "engine/answer_body.h"

#include "engine/exception.h"

namespace chimera::engine {
namespace {

constexpr size_t kPieceBytes = 1u << 20;  // of a whole result, at once

}  // namespace

AnswerBody::AnswerBody(Answer answer, std::string version) : answer_(std::move(answer)), version_(std::move(version)) {
  if (answer_.gzip_level > 0) gzip_.emplace(answer_.gzip_level);
}

std::string_view AnswerBody::Next() {
  if (!gzip_) return NextPlain();
  piece_.clear();
  // The compressor keeps back what is too little for a block.
  while (piece_.empty() && !ended_) {
    std::string out;
    const std::string_view plain = NextPlain();
    if (plain.empty())
      gzip_->Finish(out);
    else
      gzip_->Add(plain, out);
    piece_ = std::move(out);
  }
  return piece_;
}

std::string_view AnswerBody::NextPlain() {
  if (ended_) return {};
  if (answer_.whole) {
    const std::string_view piece = answer_.whole->Bytes().substr(given_, kPieceBytes);
    given_ += piece.size();
    ended_ = piece.empty();
    return piece;
  }
  const std::string_view bytes = failed_ ? std::string_view() : answer_.stream->Next();
  if (!bytes.empty()) return bytes;
  ended_ = failed_ || !answer_.stream->Failure();
  if (ended_) return {};
  failed_ = true;
  piece_ = ExceptionBlock(ExceptionBody(*answer_.stream->Failure(), version_), answer_.exception_tag);
  return piece_;
}

std::string AnswerBody::FinalSummary() const {
  return Summary(answer_.stream ? answer_.stream->Counted() : answer_.whole->Counted(),
                 std::chrono::steady_clock::now() - answer_.started);
}

void CompressText(Answer& answer) {
  if (answer.gzip_level == 0 || answer.text.empty()) return;
  Gzip gzip(answer.gzip_level);
  std::string compressed;
  gzip.Add(answer.text, compressed);
  gzip.Finish(compressed);
  answer.text = std::move(compressed);
  answer.headers.emplace_back("Content-Encoding", "gzip");
}

}  // namespace chimera::engine
