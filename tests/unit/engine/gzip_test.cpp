#include "engine/gzip.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace chimera::engine {
namespace {

std::string Compressed(const std::string& text) {
  Gzip gzip(3);
  std::string out;
  for (size_t i = 0; i < text.size(); i += 1000) gzip.Add(std::string_view(text).substr(i, 1000), out);
  gzip.Finish(out);
  return out;
}

struct Outcome {
  int code = 0;
  std::string text;
  size_t longest = 0;
};

Outcome Decompressed(const std::string& bytes, size_t piece) {
  Outcome outcome;
  Gunzip gunzip;
  const auto take = [&](std::string_view text) {
    outcome.text.append(text);
    outcome.longest = std::max(outcome.longest, text.size());
  };
  for (size_t i = 0; i < bytes.size() && outcome.code == 0; i += piece) {
    const Status added = gunzip.Add(std::string_view(bytes).substr(i, piece), take);
    outcome.code = added ? 0 : added.error().database_code;
  }
  if (outcome.code == 0 && !gunzip.Finish()) outcome.code = gunzip.Finish().error().database_code;
  return outcome;
}

std::string Numbers() {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i) + "\n";
  return text;
}

TEST(Gzip, ComesBackInPiecesOfAnySize) {
  const std::string text = Numbers(), bytes = Compressed(text);
  EXPECT_LT(bytes.size(), text.size() / 2);
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{4096}, bytes.size()}) {
    const Outcome outcome = Decompressed(bytes, piece);
    EXPECT_EQ(outcome.code, 0);
    EXPECT_EQ(outcome.text, text);
  }
}

TEST(Gzip, TakesMembersOneAfterTheOther) {
  EXPECT_EQ(Decompressed(Compressed("one\n") + Compressed("two\n"), 5).text, "one\ntwo\n");
  EXPECT_EQ(Decompressed(Compressed(""), 100).code, 0);
}

TEST(Gzip, NoticesWhatIsMissingOrDamaged) {
  const std::string bytes = Compressed(Numbers());
  for (const size_t missing : {size_t{1}, size_t{8}, bytes.size() / 2, bytes.size()})
    EXPECT_EQ(Decompressed(bytes.substr(0, bytes.size() - missing), 1000).code, 354) << missing;
  std::string damaged = bytes;
  damaged[damaged.size() - 5] ^= 1;  // the checksum
  EXPECT_EQ(Decompressed(damaged, 1000).code, 354);
  EXPECT_EQ(Decompressed(bytes + "junk", 1000).code, 354);
  EXPECT_EQ(Decompressed("SELECT 1", 1000).code, 354);
}

TEST(Gzip, HandsABombOnInSmallPieces) {
  const Outcome outcome = Decompressed(Compressed(std::string(50u << 20, ' ')), 1u << 20);
  EXPECT_EQ(outcome.text.size(), 50u << 20);
  EXPECT_LE(outcome.longest, 65536u);
}

}  // namespace
}  // namespace chimera::engine
