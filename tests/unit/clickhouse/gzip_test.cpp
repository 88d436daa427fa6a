#include "clickhouse/gzip.h"

#include <gtest/gtest.h>

namespace chimera::clickhouse {
namespace {

std::string Text(size_t size) {
  std::string text;
  for (size_t i = 0; text.size() < size; ++i) text += "row " + std::to_string(i * 7919) + "\n";
  text.resize(size);
  return text;
}

/// What `packed` inflates to in pieces of `piece` bytes, or nothing when it is damaged or cut.
std::optional<std::string> Inflate(std::string_view packed, size_t piece) {
  Inflater inflater;
  std::string out;
  while (!packed.empty()) {
    bool fine = inflater.Feed(packed.substr(0, piece), [&](std::string_view bytes) {
      out += bytes;
      return true;
    });
    if (!fine) return std::nullopt;
    packed.remove_prefix(std::min(piece, packed.size()));
  }
  if (!inflater.IsWhole()) return std::nullopt;
  return out;
}

TEST(Gzip, ComesBackAsItWas) {
  for (size_t size : {0, 1, 1000, 65536, 1000000}) {
    std::string text = Text(size);
    std::string packed = Gzip(text);
    for (size_t piece : {size_t{1}, size_t{1000}, packed.size()}) {
      if (piece == 1 && size > 65536) continue;
      EXPECT_TRUE(Inflate(packed, piece) == text) << size << " in pieces of " << piece;
    }
  }
  EXPECT_LT(Gzip(Text(1000000)).size(), 500000u);
}

TEST(Gzip, SeveralStreamsInARowAreOne) {
  EXPECT_EQ(Inflate(Gzip("a") + Gzip("") + Gzip("b"), 7), "ab");
}

TEST(Gzip, CutOrDamagedIsNotWhole) {
  std::string packed = Gzip(Text(10000));
  for (size_t length = 1; length < packed.size(); length += 37) EXPECT_FALSE(Inflate(packed.substr(0, length), 4096));
  EXPECT_FALSE(Inflate("not gzip at all, but longer than its header", 100));
  EXPECT_FALSE(Inflate(packed + "x", 100000));
  EXPECT_EQ(Inflate("", 1), "");
}

TEST(Gzip, StopsWhenNobodyWantsMore) {
  Inflater inflater;
  size_t seen = 0;
  EXPECT_TRUE(inflater.Feed(Gzip(std::string(10000000, 'x')), [&](std::string_view bytes) {
    seen += bytes.size();
    return false;
  }));
  EXPECT_LE(seen, 65536u);
}

}  // namespace
}  // namespace chimera::clickhouse
