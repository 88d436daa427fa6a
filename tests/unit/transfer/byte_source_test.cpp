#include "transfer/byte_source.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <filesystem>
#include <fstream>

#include "clickhouse/gzip.h"

namespace chimera::transfer {
namespace {

std::string Zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

class ByteSourceTest : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }

  std::string ReadAll(const std::string& content, std::string* error = nullptr) {
    std::ofstream(path_, std::ios::binary) << content;
    auto source = OpenSource(path_, {});
    EXPECT_TRUE(source);
    std::string text;
    char piece[777];
    for (;;) {
      auto got = (*source)->Read(piece, sizeof piece);
      if (!got && error != nullptr) *error = got.error().message;
      if (!got || *got == 0) return text;
      text.append(piece, *got);
    }
  }

  const std::string path_ = ::testing::TempDir() + "byte_source_test." + std::to_string(getpid());
};

TEST_F(ByteSourceTest, UnpacksByContent) {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += std::to_string(i * 7919) + "\n";
  EXPECT_EQ(ReadAll(text), text);
  EXPECT_EQ(ReadAll(clickhouse::Gzip(text)), text);
  EXPECT_EQ(ReadAll(Zstd(text)), text);
  EXPECT_EQ(ReadAll(""), "");
  EXPECT_EQ(ReadAll("ab"), "ab");
}

TEST_F(ByteSourceTest, ReadsMembersAndFramesOneAfterTheOther) {
  EXPECT_EQ(ReadAll(clickhouse::Gzip("one,") + clickhouse::Gzip("two")), "one,two");
  EXPECT_EQ(ReadAll(Zstd("one,") + Zstd("two")), "one,two");
}

TEST_F(ByteSourceTest, SaysThatAPackedFileIsCutOrDamaged) {
  const std::string gzip = clickhouse::Gzip(std::string(100'000, 'x') + "end");
  for (const std::string& packed : {gzip, Zstd("some text, some text")}) {
    std::string error;
    ReadAll(packed.substr(0, packed.size() - 5), &error);
    EXPECT_NE(error.find("ends too early"), std::string::npos) << error;
  }
  std::string damaged = gzip;
  damaged[damaged.size() / 2] ^= 0x55;
  std::string error;
  ReadAll(damaged, &error);
  EXPECT_NE(error.find("is damaged"), std::string::npos) << error;
  ReadAll("\x28\xb5\x2f\xfd no frame at all", &error);
  EXPECT_NE(error.find("is damaged"), std::string::npos) << error;
}

TEST_F(ByteSourceTest, NamesWhatCannotBeOpened) {
  EXPECT_NE(OpenSource("/no/such/file", {}).error().message.find("/no/such/file"), std::string::npos);
  EXPECT_NE(OpenSource("/tmp", {}).error().message.find("is a folder"), std::string::npos);
}

}  // namespace
}  // namespace chimera::transfer
