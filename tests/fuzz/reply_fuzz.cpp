// A database's HTTP reply: however it is cut, it is understood in the same way. The first byte seeds the cuts; an odd
// one has the receiver refuse the body at some point.
#include <string>

#include "clickhouse/http_reply.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace chimera;
using clickhouse::HttpReply;

constexpr size_t kEnough = 1u << 20;  // gzip turns little into much

struct Understood : clickhouse::Receiver {
  void OnHead(const clickhouse::ReplyHead& head) override {
    fuzz::Require(heads++ == 0, "there is one head");
    for (const auto& header : head.headers) headers += header.name + ":" + header.value + "\n";
  }
  bool OnBody(std::string_view bytes) override {
    fuzz::Require(heads == 1 && !enough, "a body comes behind its head, until there is enough");
    body += bytes;
    enough = body.size() >= most;
    return !enough;
  }

  size_t most = kEnough;
  int heads = 0;
  bool enough = false;
  std::string headers;
  std::string body;
};

HttpReply::State Feed(HttpReply& reply, std::string_view text, size_t seed) {
  while (!text.empty()) {
    seed = (seed * 31 + 7) % 257;
    const size_t piece = std::min(1 + seed % 61, text.size());
    reply.Feed(text.substr(0, piece));
    text.remove_prefix(piece);
  }
  return reply.End();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::string_view text = fuzz::TextOf(data + 1, size - 1);
  Understood whole, cut;
  if (data[0] % 2 == 1) whole.most = cut.most = data[0];
  HttpReply at_once(whole), in_pieces(cut);
  at_once.Feed(text);
  const auto state = at_once.End();
  const auto state_of_pieces = Feed(in_pieces, text, data[0]);
  at_once.IdleLimit();
  fuzz::Require(at_once.Status() == in_pieces.Status() && whole.headers == cut.headers,
                "the head does not depend on cuts", text);
  // Damage behind the point where the receiver has enough is not looked for, and pieces decide where that is.
  if (at_once.HadEnough() || in_pieces.HadEnough()) return 0;
  fuzz::Require(state_of_pieces == state, "the end does not depend on cuts", text);
  fuzz::Require(state != HttpReply::State::kComplete || whole.body == cut.body, "nor does the body", text);
  return 0;
}
