// The settings of buffered writes.
#include <gtest/gtest.h>

#include "tests/unit/config/settings_support.h"

namespace chimera::config {
namespace {

TEST(BufferSettings, AreOffUnlessAPlaceIsNamed) {
  const auto config = LoadFrom({{"CHIMERA_FLUSH_ROWS", "5"}});
  EXPECT_FALSE(config->buffer.On());
  EXPECT_TRUE(config->set_aside.contains("CHIMERA_FLUSH_ROWS"));
  EXPECT_FALSE(LoadFrom({{"CHIMERA_BUFFER", "off"}})->buffer.On());
}

TEST(BufferSettings, PutTheFileBesideTheEmbeddedData) {
  const auto config = LoadFrom({{"CHIMERA_BUFFER", "sqlite"}, {"CHIMERA_DATA_DIR", "/data"}});
  EXPECT_EQ(config->buffer.kind, Buffer::Kind::kSqlite);
  EXPECT_EQ(config->buffer.path, "/data/buffer/writes.sqlite");
  const auto named = LoadFrom({{"CHIMERA_BUFFER", "sqlite:/var/lib/b.sqlite"}, {"CH_HOST", "db"}});
  EXPECT_EQ(named->buffer.path, "/var/lib/b.sqlite");
  EXPECT_FALSE(LoadFrom({{"CHIMERA_BUFFER", "sqlite"}, {"CH_HOST", "db"}}).ok());
}

TEST(BufferSettings, ReadTheAddressOfARedis) {
  const auto config =
      LoadFrom({{"CHIMERA_BUFFER", "redis://agent@cache.example:6380/3"}, {"CHIMERA_BUFFER_PASSWORD", "s3cret"}});
  EXPECT_EQ(config->buffer.kind, Buffer::Kind::kRedis);
  EXPECT_EQ(config->buffer.host, "cache.example");
  EXPECT_EQ(config->buffer.port, 6380);
  EXPECT_EQ(config->buffer.username, "agent");
  EXPECT_EQ(config->buffer.password, "s3cret");
  EXPECT_EQ(config->buffer.database, 3);
  EXPECT_EQ(LoadFrom({{"CHIMERA_BUFFER", "redis://[::1]"}})->buffer.host, "::1");
  EXPECT_EQ(LoadFrom({{"CHIMERA_BUFFER", "redis+unix:///run/redis.sock"}})->buffer.path, "/run/redis.sock");
}

TEST(BufferSettings, SecureTheWayToARedis) {
  const std::string file = "/etc/hosts";  // some files that can be read
  EXPECT_FALSE(LoadFrom({{"CHIMERA_BUFFER", "redis://cache"}})->buffer.secure);
  const auto config = LoadFrom({{"CHIMERA_BUFFER", "rediss://agent@cache.example:6380/3"},
                                {"CHIMERA_BUFFER_CA_FILE", file},
                                {"CHIMERA_BUFFER_CLIENT_CERT_FILE", "/etc/passwd"},
                                {"CHIMERA_BUFFER_CLIENT_KEY_FILE", "/etc/group"}});
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_TRUE(config->buffer.secure);
  EXPECT_EQ(config->buffer.host, "cache.example");
  EXPECT_EQ(config->buffer.port, 6380);
  EXPECT_EQ(config->buffer.tls.ca_file, file);
  EXPECT_EQ(config->buffer.tls.client_cert_file, "/etc/passwd");
  EXPECT_EQ(config->buffer.tls.client_key_file, "/etc/group");
  EXPECT_FALSE(LoadFrom({{"CHIMERA_BUFFER", "rediss://a"}, {"CHIMERA_BUFFER_CLIENT_KEY_FILE", file}}).ok());
  EXPECT_FALSE(LoadFrom({{"CHIMERA_BUFFER", "rediss://a"}, {"CHIMERA_BUFFER_CA_FILE", "/no/such/file"}}).ok());
  const auto plain = LoadFrom({{"CHIMERA_BUFFER", "redis://a"}, {"CHIMERA_BUFFER_CA_FILE", file}});
  EXPECT_TRUE(plain->set_aside.contains("CHIMERA_BUFFER_CA_FILE")) << "nothing is encrypted";
}

TEST(BufferSettings, RefuseWhatIsNoPlace) {
  for (const char* bad : {"on", "true", "redis://", "redis://a,b", "redis://a/x", "redis://a/-1", "redis://a/1/2",
                          "redis+unix://run", "rediss://", "redis+tls://a", "sqlite:", "http://a"}) {
    EXPECT_FALSE(LoadFrom({{"CHIMERA_BUFFER", bad}}).ok()) << bad;
  }
}

TEST(BufferSettings, KeepPasswordsOutOfTheAddress) {
  const auto refused = LoadFrom({{"CHIMERA_BUFFER", "redis://agent:hunter22@cache"}});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().hint.find("CHIMERA_BUFFER_PASSWORD"), std::string::npos);
  EXPECT_EQ(refused.error().message.find("hunter22"), std::string::npos);
}

TEST(BufferSettings, TimestoreNeedsABuffer) {
  const auto refused = LoadFrom({{"CHIMERA_DATASETS", "chimera_metrics,timestore"}});
  ASSERT_FALSE(refused.ok());
  EXPECT_NE(refused.error().message.find("buffer"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().hint.find("CHIMERA_BUFFER=sqlite"), std::string::npos);
  const SettingMap on = {{"CHIMERA_DATASETS", "chimera_metrics,timestore"},
                         {"CHIMERA_BUFFER", "sqlite"},
                         {"CHIMERA_DATA_DIR", "/data"},
                         {"CHIMERA_TIMESTORE_RETENTION", "30:cold:365"},
                         {"CHIMERA_TIMESTORE_POLICY", "tiered"}};
  const auto config = LoadFrom(on);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_TRUE(config->tools.more);
  EXPECT_EQ(config->timestore.retention.keep_days, 365);
  EXPECT_EQ(config->timestore.retention.volume, "cold");
  EXPECT_EQ(config->timestore.storage_policy, "tiered");
  EXPECT_FALSE(LoadFrom({{"CHIMERA_BUFFER", "sqlite"}, {"CHIMERA_DATA_DIR", "/data"}})->tools.more);
  SettingMap bad = on;
  bad["CHIMERA_TIMESTORE_RETENTION"] = "soon";
  EXPECT_FALSE(LoadFrom(bad).ok());
}

TEST(BufferSettings, ReachTheBuffer) {
  const auto config = LoadFrom({{"CHIMERA_BUFFER", "sqlite"},
                                {"CHIMERA_DATA_DIR", "/data"},
                                {"CHIMERA_BUFFER_MAX_ROWS", "100"},
                                {"CHIMERA_BUFFER_MAX_MB", "2"},
                                {"CHIMERA_BUFFER_MAX_AGE", "60"},
                                {"CHIMERA_BUFFER_KEY_LIFE", "120"},
                                {"CHIMERA_FLUSH_ROWS", "7"},
                                {"CHIMERA_FLUSH_MB", "3"},
                                {"CHIMERA_FLUSH_MS", "250"},
                                {"CHIMERA_FLUSHES", "4"},
                                {"CHIMERA_FRESH_MS", "500"},
                                {"CHIMERA_EVOLVE", "a, b"}});
  const Buffer& buffer = config->buffer;
  EXPECT_EQ(buffer.limits.max_rows, 100u);
  EXPECT_EQ(buffer.limits.max_bytes, 2'000'000u);
  EXPECT_EQ(buffer.limits.max_age, std::chrono::seconds(60));
  EXPECT_EQ(buffer.limits.key_life, std::chrono::seconds(120));
  EXPECT_EQ(buffer.batch.rows, 7u);
  EXPECT_EQ(buffer.batch.bytes, 3'000'000u);
  EXPECT_EQ(buffer.max_wait, std::chrono::milliseconds(250));
  EXPECT_EQ(buffer.flushes, 4u);
  EXPECT_EQ(buffer.fresh, std::chrono::milliseconds(500));
  EXPECT_TRUE(buffer.fsync);
  EXPECT_FALSE(LoadFrom({{"CHIMERA_BUFFER", "sqlite"}, {"CHIMERA_BUFFER_FSYNC", "off"}})->buffer.fsync);
  EXPECT_EQ(config->tools.growing, (std::set<std::string>{"a", "b"}));
}

}  // namespace
}  // namespace chimera::config
