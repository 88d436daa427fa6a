#include "schema/backup.h"

#include <gtest/gtest.h>

namespace chimera::schema {
namespace {

TEST(BackupPlace, IsQuotedForClickHouse) {
  EXPECT_EQ(*BackupPlace("file:a'b\\c.zip"), R"(File('a\'b\\c.zip'))");
  EXPECT_EQ(*BackupPlace("disk:back'ups/2026/11-21"), R"(Disk('back\'ups', '2026/11-21'))");
  EXPECT_EQ(*BackupPlace("s3:my`bucket/2026/11"), R"(S3(`my\`bucket`, '2026/11'))");
  EXPECT_EQ(*BackupPlace("s3:https://host:9000/bucket/a'b"), R"(S3('https://host:9000/bucket/a\'b'))");
}

TEST(BackupPlace, RefusesWhatIsNone) {
  for (const char* text : {"", "x", "file:", "disk:backups", "disk:/x", "disk:x/", "s3:x", "s3:/x", "S3('x')",
                           "memory:x", "file:a\nb", "File('x')", "s3:ftp://host"}) {
    const auto place = BackupPlace(text);
    ASSERT_FALSE(place) << text << " is " << *place;
    EXPECT_EQ(place.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(place.error().hint.find("file:NAME"), std::string::npos);
  }
}

TEST(BackupPlace, TakesNoCredentialsInAnAddress) {
  for (const char* text : {"s3:https://key:secret@host/b", "s3:https://host/b?X-Amz-Signature=secret"}) {
    const auto place = BackupPlace(text);
    ASSERT_FALSE(place) << text;
    EXPECT_EQ(place.error().message.find("secret"), std::string::npos);
    EXPECT_NE(place.error().hint.find("NAMED COLLECTION"), std::string::npos);
  }
}

TEST(BackupSql, SavesAllDatabasesAtOnce) {
  const BackupPlan plan{
      .databases = {"a", "b`c"}, .except = {}, .place = "File('x')", .base = "File('w')", .id = "it's"};
  EXPECT_EQ(BackupSql(plan, {}),
            "BACKUP DATABASE `a`, DATABASE `b\\`c` TO File('x') SETTINGS id = 'it\\'s', base_backup = File('w') ASYNC");
}

TEST(BackupSql, RestoresOnACluster) {
  const BackupPlan plan{.restore = true,
                        .databases = {"a"},
                        .except = {"schema_migrations"},
                        .place = "S3(`s`, 'x')",
                        .base = "",
                        .id = "i"};
  EXPECT_EQ(BackupSql(plan, {.cluster = "all servers"}),
            "RESTORE DATABASE `a` EXCEPT TABLES `a`.`schema_migrations` ON CLUSTER `all servers` FROM S3(`s`, 'x') "
            "SETTINGS id = 'i' ASYNC");
}

}  // namespace
}  // namespace chimera::schema
