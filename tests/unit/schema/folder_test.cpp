#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "schema/loader.h"

namespace chimera::schema {
namespace {

namespace fs = std::filesystem;
using ::testing::IsSubstring;

/// A dataset folder of its own, removed at the end.
class LoadFolderTest : public ::testing::Test {
 protected:
  LoadFolderTest() : root_(fs::temp_directory_path() / ("chimera_" + RandomHex(8))), folder_(root_ / "kitchen") {
    Write("dataset.json", R"({"title": "Kitchen", "description": "Cups.", "database": "kitchen"})");
    Write("migrations/0001_cups.sql", "CREATE TABLE IF NOT EXISTS cups (a UInt8) ENGINE = MergeTree ORDER BY a");
  }
  ~LoadFolderTest() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path, std::ios::binary) << text;
  }

  fs::path root_;
  fs::path folder_;
};

TEST_F(LoadFolderTest, NamesTheDatasetAfterTheFolder) {
  for (const std::string& path : {folder_.string(), folder_.string() + "/", (folder_ / "tools" / "..").string()}) {
    const Result<Dataset> dataset = LoadFolder(path);
    ASSERT_TRUE(dataset.ok()) << dataset.error().message;
    EXPECT_EQ(dataset->name, "kitchen");
    EXPECT_EQ(dataset->migrations.size(), 1u);
  }
}

TEST_F(LoadFolderTest, LeavesHiddenFilesOut) {
  Write(".git/config", "x");
  Write("migrations/.0002_x.sql.swp", "x");
  EXPECT_TRUE(LoadFolder(folder_.string()).ok());
}

TEST_F(LoadFolderTest, RefusesFoldersThatADatasetDoesNotHave) {
  Write("tools/old/insert.cups.json", "{}");
  const Result<Dataset> dataset = LoadFolder(folder_.string());
  ASSERT_FALSE(dataset.ok());
  EXPECT_PRED_FORMAT2(IsSubstring, "old is not part of a dataset", dataset.error().message);
}

TEST_F(LoadFolderTest, NamesAFolderThatIsNotThere) {
  const Result<Dataset> dataset = LoadFolder((root_ / "nowhere").string());
  ASSERT_FALSE(dataset.ok());
  EXPECT_EQ(dataset.error().code, ErrorCode::kIoError);
  EXPECT_PRED_FORMAT2(IsSubstring, "nowhere", dataset.error().message);
}

TEST_F(LoadFolderTest, RefusesHugeFiles) {
  Write("demo/demo.sql", std::string((1 << 20) + 1, ' '));
  const Result<Dataset> dataset = LoadFolder(folder_.string());
  ASSERT_FALSE(dataset.ok());
  EXPECT_PRED_FORMAT2(IsSubstring, "1 MiB", dataset.error().message);
}

}  // namespace
}  // namespace chimera::schema
