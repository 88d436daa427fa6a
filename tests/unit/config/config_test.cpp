#include "config/config.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/unit/config/settings_support.h"

namespace chimera::config {
namespace {

using std::chrono_literals::operator""s;

// As a user pastes it.
const SettingMap kSeedBlock = {{"CH_HOST", "your_clickhouse_host"},
                               {"CH_PORT", "9440"},
                               {"CH_USERNAME", "your_username"},
                               {"CH_PASSWORD", "your_password"},
                               {"CH_DATABASE", "chimera_metrics"},
                               {"CH_SECURE", "true"},
                               {"CH_TIMEOUT", "30"},
                               {"CH_COMPRESSION", "true"},
                               {"CH_CONNECTION_POOL_SIZE", "10"},
                               {"CH_RETRY_ATTEMPTS", "3"}};

SettingMap WithHost(SettingMap others) {
  others.try_emplace("CH_HOST", "db");
  return others;
}

std::string Hosts(const Result<Config>& config) {
  if (!config.ok()) return "failed: " + config.error().message;
  std::string out;
  for (const auto& [host, port] : config->clickhouse.hosts) out += host + "|" + std::to_string(port) + " ";
  return out;
}

TEST(Config, HasNoReadBudgetUnlessItIsSet) {
  EXPECT_EQ(LoadFrom({})->tools.read_budget_rows, 0u);
  EXPECT_EQ(LoadFrom({{"CHIMERA_READ_BUDGET_ROWS", "10000000000"}})->tools.read_budget_rows, 10'000'000'000u);
  const auto bad = LoadFrom({{"CHIMERA_READ_BUDGET_ROWS", "-1"}});
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error().message.substr(0, 27), "CHIMERA_READ_BUDGET_ROWS=-1");
}

TEST(Config, IsEmbeddedWithoutAHost) {
  const auto config = LoadFrom({{"HOME", "/home/a"}, {"CH_HOST", " "}});
  ASSERT_TRUE(config.ok());
  EXPECT_TRUE(config->embedded) << "a blank variable counts as unset";
  EXPECT_EQ(config->engine.data_dir, "/home/a/.local/share/chimera-mcp");
  EXPECT_EQ(config->clickhouse.database, "chimera_metrics");
  EXPECT_TRUE(config->notices.empty());
}

TEST(Config, TakesEverySettingOfTheUsualBlock) {
  const auto config = LoadFrom(kSeedBlock);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_FALSE(config->embedded);
  EXPECT_EQ(Hosts(config), "your_clickhouse_host|8443 ");
  EXPECT_EQ(config->clickhouse.account.username, "your_username");
  EXPECT_EQ(config->clickhouse.account.password, "your_password");
  EXPECT_FALSE(config->clickhouse.write_account);
  EXPECT_TRUE(config->clickhouse.secure);
  EXPECT_EQ(config->clickhouse.compression, true);
  EXPECT_EQ(config->clickhouse.pool_size, 10u);
  EXPECT_EQ(config->clickhouse.retries, 3);
  EXPECT_EQ(config->tools.default_timeout, 30s);
  ASSERT_EQ(config->notices.size(), 1u);
  EXPECT_NE(config->notices[0].find("8443"), std::string::npos);
}

TEST(Config, HasTheSameDefaults) {
  const auto config = LoadFrom({{"CH_HOST", "db"}});
  EXPECT_EQ(Hosts(config), "db|8443 ");
  EXPECT_TRUE(config->clickhouse.secure);
  EXPECT_EQ(config->clickhouse.account.username, "default");
  EXPECT_EQ(config->clickhouse.compression, std::nullopt) << "the client decides by the address";
  EXPECT_EQ(config->clickhouse.pool_size, 10u);
  EXPECT_EQ(config->clickhouse.retries, 3);
  EXPECT_EQ(config->clickhouse.connect_timeout, 5s);
  EXPECT_EQ(config->clickhouse.tls.min_version, clickhouse::TlsVersion::k12);
}

TEST(Config, TakesTheHttpPortBesideTheNativeOne) {
  EXPECT_EQ(Hosts(LoadFrom({{"CH_HOST", "a"}, {"CH_PORT", "9000"}, {"CH_SECURE", "false"}})), "a|8123 ");
  EXPECT_EQ(Hosts(LoadFrom({{"CH_HOST", "a,b:9440,c:1"}, {"CH_PORT", "9440"}})), "a|8443 b|8443 c|1 ");
  EXPECT_NE(NoticesOf({{"CH_HOST", "b:9440"}}).find("CH_HOST=b:9440: 9440 is the native"), std::string::npos);
}

TEST(Config, NamesAPortThatDoesNotGoWithTls) {
  EXPECT_NE(NoticesOf(WithHost({{"CH_PORT", "8123"}})).find("set CH_SECURE=false"), std::string::npos);
  EXPECT_NE(NoticesOf(WithHost({{"CH_PORT", "9440"}, {"CH_SECURE", "no"}})).find("set CH_SECURE=true"),
            std::string::npos);
  EXPECT_TRUE(LoadFrom(WithHost({{"CH_PORT", "9000"}}))->clickhouse.secure) << "TLS is never turned off by a guess";
  EXPECT_EQ(NoticesOf(WithHost({{"CH_PORT", "8123"}, {"CH_SECURE", "0"}})), "");
  EXPECT_EQ(NoticesOf(WithHost({{"CH_PORT", "1234"}})), "");
}

TEST(Config, TakesPortsOfHostsBeforeTheCommonOne) {
  EXPECT_EQ(Hosts(LoadFrom({{"CH_HOST", "a,b:1, [::1]:2 ,::1"}, {"CH_PORT", "3"}})), "a|3 b|1 ::1|2 ::1|3 ");
  EXPECT_EQ(FailureOf({{"CH_HOST", "a,a:8443"}}), "CH_HOST=a,a:8443 (environment) names a:8443 twice");
}

TEST(Config, TakesAnAddressAsTheSettingsThatItStandsFor) {
  const auto config = LoadFrom({{"CH_HOST", "http://db:9000/ch/"}});
  EXPECT_EQ(Hosts(config), "db|8123 ");
  EXPECT_FALSE(config->clickhouse.secure);
  EXPECT_EQ(config->clickhouse.path_prefix, "/ch");
  EXPECT_EQ(config->effective.at("CH_HOST").text, "db:8123");
  EXPECT_EQ(config->effective.at("CH_SECURE").text, "false");
  EXPECT_EQ(config->effective.at("CH_HTTP_PATH").source, Source::kEnvironment);
  EXPECT_NE(NoticesOf({{"CH_HOST", "https://db"}}).find("using ClickHouse's own, 8443"), std::string::npos);
  EXPECT_EQ(NoticesOf({{"CH_HOST", "https://db"}, {"CH_PORT", "443"}}), "");
}

TEST(Config, RefusesToChooseBetweenAnAddressAndASetting) {
  EXPECT_EQ(FailureOf({{"CH_HOST", "http://db"}, {"CH_SECURE", "true"}}),
            "CH_SECURE=true (environment) contradicts CH_HOST, which begins with http://");
  EXPECT_EQ(FailureOf({{"CH_HOST", "https://db/a"}, {"CH_HTTP_PATH", "/b"}}),
            "CH_HTTP_PATH=/b (environment) contradicts the path in CH_HOST");
  EXPECT_TRUE(LoadFrom({{"CH_HOST", "https://db/a"}, {"CH_HTTP_PATH", "a"}, {"CH_SECURE", "on"}}).ok());
}

TEST(Config, WritesPathsOneWay) {
  EXPECT_EQ(LoadFrom(WithHost({{"CH_HTTP_PATH", "ch/x//"}}))->clickhouse.path_prefix, "/ch/x");
  EXPECT_EQ(LoadFrom(WithHost({{"CH_HTTP_PATH", "/"}}))->clickhouse.path_prefix, "");
  EXPECT_EQ(FailureOf(WithHost({{"CH_HTTP_PATH", "/a?b"}})), "CH_HTTP_PATH=/a?b (environment) is no path");
}

TEST(Config, NamesTheSettingThatDoesNotFitItsValueAndItsSource) {
  EXPECT_EQ(FailureOf(WithHost({{"CH_PORT", "http"}})),
            "CH_PORT=http (environment) is not a whole number from 1 to 65535");
  EXPECT_EQ(FailureOf({{"CH_RETRY_ATTEMPTS", "-1"}}).substr(0, 36), "CH_RETRY_ATTEMPTS=-1 (environment) i");
  EXPECT_EQ(FailureOf({{"CHIMERA_TOOL_NAMES", "camel"}}),
            "CHIMERA_TOOL_NAMES=camel (environment) is not one of dotted, underscore");
  EXPECT_EQ(FailureOf(WithHost({{"CH_SECURE", "maybe"}})), "CH_SECURE=maybe (environment) is not true or false");
  EXPECT_EQ(FailureOf({{"CH_COMPRESSION", "lz4"}}), "CH_COMPRESSION=lz4 (environment) is not true, false or auto");
  EXPECT_EQ(FailureOf(WithHost({{"CH_TLS_MIN_VERSION", "1.1"}})),
            "CH_TLS_MIN_VERSION=1.1 (environment) is not one of 1.2, 1.3");
  EXPECT_EQ(Load(Values({{"CH_TIMEOUT", "30s"}}, {}, {})).error().message.substr(0, 29),
            "CH_TIMEOUT=30s (--ch-timeout)");
  const SettingsFile file{"my.conf", {{"CH_TIMEOUT", {"0", 7}}}};
  EXPECT_EQ(Load(Values({}, {}, file)).error().message.substr(0, 24), "CH_TIMEOUT=0 (my.conf:7)");
}

TEST(Config, RefusesControlCharacters) {
  EXPECT_EQ(FailureOf({{"CH_DATABASE", "a\nb"}}),
            "CH_DATABASE=a?b (environment) holds a line break or another control character");
  EXPECT_EQ(LoadFrom({{"CH_DATABASE", " a\n"}})->clickhouse.database, "a");
}

TEST(Config, RefusesASystemDatabaseAsTheDefault) {
  EXPECT_FALSE(LoadFrom({{"CH_DATABASE", "System"}}).ok());
  EXPECT_TRUE(LoadFrom({{"CH_DATABASE", "systems"}}).ok());
}

TEST(Config, LeavesCompressionToTheClientUnlessTold) {
  EXPECT_EQ(LoadFrom({{"CH_COMPRESSION", "Auto"}})->clickhouse.compression, std::nullopt);
  EXPECT_EQ(LoadFrom({{"CH_COMPRESSION", "off"}})->clickhouse.compression, false);
}

TEST(Config, TakesTwoNamesOfTheAccount) {
  EXPECT_EQ(LoadFrom(WithHost({{"CH_USER", "a"}}))->clickhouse.account.username, "a");
  EXPECT_EQ(LoadFrom(WithHost({{"CH_USER", "a"}, {"CH_USERNAME", "a"}}))->clickhouse.account.username, "a");
  EXPECT_EQ(FailureOf(WithHost({{"CH_USER", "b"}, {"CH_USERNAME", "a"}})),
            "CH_USERNAME=a (environment) and CH_USER (environment) are both set");
  const SettingsFile file{"f", {{"CH_USERNAME", {"file", 1}}}};
  EXPECT_EQ(Load(Values({}, WithHost({{"CH_USER", "env"}}), file))->clickhouse.account.username, "env")
      << "the higher source wins, whichever name it uses";
}

TEST(Config, ChecksTlsFiles) {
  EXPECT_EQ(FailureOf(WithHost({{"CH_CA_FILE", "/nowhere.pem"}})),
            "CH_CA_FILE=/nowhere.pem (environment) is not there");
  EXPECT_EQ(FailureOf(WithHost({{"CH_CA_FILE", "/tmp"}})), "CH_CA_FILE=/tmp (environment) is no regular file");
  const std::string file = std::filesystem::canonical("/proc/self/exe").string();
  EXPECT_EQ(FailureOf(WithHost({{"CH_CLIENT_KEY_FILE", file}})),
            "CH_CLIENT_KEY_FILE=" + file + " (environment) is set without CH_CLIENT_CERT_FILE");
  const auto config = LoadFrom(WithHost({{"CH_CA_FILE", file},
                                         {"CH_CLIENT_CERT_FILE", file},
                                         {"CH_CLIENT_KEY_FILE", file},
                                         {"CH_SERVER_NAME", "db.example"},
                                         {"CH_TLS_MIN_VERSION", "1.3"}}));
  ASSERT_TRUE(config.ok()) << config.error().message;
  const clickhouse::TlsOptions& tls = config->clickhouse.tls;
  EXPECT_EQ(tls.ca_file, file);
  EXPECT_EQ(tls.client_cert_file, file);
  EXPECT_EQ(tls.client_key_file, file);
  EXPECT_EQ(tls.server_name, "db.example");
  EXPECT_EQ(tls.min_version, clickhouse::TlsVersion::k13);
}

TEST(Config, SaysWhatIsWithoutEffect) {
  EXPECT_EQ(NoticesOf(WithHost({{"CH_SECURE", "false"}, {"CH_CA_FILE", "/nowhere"}})),
            "without effect because TLS is off (CH_SECURE): CH_CA_FILE\n");
  EXPECT_EQ(NoticesOf({{"CH_PORT", "1"}, {"CH_PASSWORD_FILE", "/x"}, {"CH_CA_FILE", "/x"}, {"CH_TIMEOUT", "9"}}),
            "without effect because CH_HOST is unset, and the embedded engine is used: CH_PORT, CH_PASSWORD_FILE, "
            "CH_CA_FILE\n");
}

TEST(Config, ReplacesTheHomeFolderInPaths) {
  const auto config =
      LoadFrom({{"HOME", "/home/a"}, {"CHIMERA_DATA_DIR", "~/data"}, {"CHIMERA_DATASET_DIRS", "/a:~/b"}});
  EXPECT_EQ(config->engine.data_dir, "/home/a/data");
  EXPECT_EQ(config->dataset_dirs, (std::vector<std::string>{"/a", "/home/a/b"}));
}

TEST(Config, TakesTheFirstDatasetsDatabaseForTheUsualOne) {
  const auto database = [](const SettingMap& settings) { return LoadFrom(settings)->clickhouse.database; };
  EXPECT_EQ(database({}), "chimera_metrics");
  EXPECT_EQ(database({{"CHIMERA_DATASETS", "webhook_delivery,chimera_metrics"}}), "chimera_metrics");
  EXPECT_EQ(database({{"CHIMERA_DATASETS", "webhook_delivery"}}), "webhook_delivery");
  EXPECT_EQ(database({{"CHIMERA_DATASETS", "webhook_delivery"}, {"CH_DATABASE", "other"}}), "other");
}

TEST(Config, SplitsDatasetFolders) {
  EXPECT_EQ(LoadFrom({})->datasets, (std::vector<std::string>{"chimera_metrics"}));
  EXPECT_EQ(LoadFrom({{"CHIMERA_DATASETS", "a, b"}})->datasets, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(LoadFrom({{"CHIMERA_DATASET_DIRS", "/a::/b"}})->dataset_dirs, (std::vector<std::string>{"/a", "/b"}));
}

TEST(Config, RemembersWhatIsInForce) {
  const auto config = LoadFrom(kSeedBlock);
  const EffectiveSetting& port = config->effective.at("CH_PORT");
  EXPECT_EQ(port.text, "8443");
  EXPECT_EQ(port.given, "9440");
  EXPECT_EQ(port.source, Source::kEnvironment);
  EXPECT_EQ(config->effective.at("CH_PASSWORD").text, "") << "a secret is not kept where it could be printed";
  EXPECT_EQ(config->effective.at("CH_CONNECT_TIMEOUT").source, Source::kDefault);
  EXPECT_FALSE(config->effective.contains("CH_CA_FILE"));
}

TEST(Config, FindsTheDatadogAgentAsDatadogsLibrariesDo) {
  EXPECT_FALSE(LoadFrom({{"DD_DOGSTATSD_PORT", "9"}, {"DD_ENV", "prod"}})->statsd.Enabled());
  const auto host = LoadFrom({{"DD_AGENT_HOST", "agent"}, {"DD_ENTITY_ID", "pod"}, {"DD_ENV", "a,b"}})->statsd;
  EXPECT_EQ(host.Address(), "udp://agent:8125");
  EXPECT_EQ(host.tags, (std::vector<std::string>{"dd.internal.entity_id:pod", "env:a_b"}));
  const auto url = [](const std::string& text) {
    const auto config = LoadFrom({{"DD_AGENT_HOST", "agent"}, {"DD_DOGSTATSD_PORT", "9"}, {"DD_DOGSTATSD_URL", text}});
    return config.ok() ? config->statsd.Address() : config.error().message;
  };
  EXPECT_EQ(url("udp://other"), "udp://other:9");
  EXPECT_EQ(url("udp://[::1]"), "udp://::1:9");
  EXPECT_EQ(url("udp://other:1234"), "udp://other:1234");
  EXPECT_EQ(url("unix:///run/dsd.socket"), "unix:///run/dsd.socket");
  for (const char* wrong : {"agent:8125", "tcp://agent", "unix://relative", "udp://", "udp://a:b", "udp://a:0"}) {
    EXPECT_NE(url(wrong).find("is not udp://HOST:PORT or unix:///PATH"), std::string::npos) << url(wrong);
  }
}

TEST(Config, SplitsNamesOfThisServer) {
  EXPECT_EQ(LoadFrom({{"CHIMERA_ALLOWED_HOSTS", "a.example, b:80,"}})->allowed_hosts,
            (std::vector<std::string>{"a.example", "b:80"}));
}

TEST(ParseHostPort, TakesNamesAndAddresses) {
  EXPECT_EQ(ParseHostPort("127.0.0.1:8080")->port, 8080);
  EXPECT_EQ(ParseHostPort("[::1]:0")->host, "::1");
  for (const char* wrong : {"8080", ":8080", "host", "host:", "host:99999", "host:-1", "host:80x"}) {
    EXPECT_FALSE(ParseHostPort(wrong).ok()) << wrong;
  }
}

TEST(Config, WhatHasNoEffectIsNotInForce) {
  const auto config = LoadFrom({{"CH_HOST", "a:1,b:2"}, {"CH_PORT", "9440"}, {"CHIMERA_DATA_DIR", "/x"}});
  ASSERT_TRUE(config.ok());
  for (const char* name : {"CH_PORT", "CHIMERA_DATA_DIR", "CHIMERA_ENGINE_IDLE"}) {
    EXPECT_FALSE(config->effective.contains(name)) << name;
  }
  EXPECT_EQ(config->set_aside.at("CH_PORT"), "every host in CH_HOST has a port of its own");
  EXPECT_EQ(config->set_aside.at("CHIMERA_DATA_DIR"), "CH_HOST is set: no embedded engine is used");
  EXPECT_FALSE(config->set_aside.contains("CHIMERA_ENGINE_IDLE")) << "nobody set it";
  ASSERT_EQ(config->notices.size(), 1u);
  EXPECT_EQ(config->notices[0], "without effect because every host in CH_HOST has a port of its own: CH_PORT");
  EXPECT_EQ(LoadFrom({{"CH_HOST", "a:1,b"}, {"CH_PORT", "2"}})->effective.at("CH_PORT").text, "2");
  const auto embedded = LoadFrom({{"CH_RETRY_ATTEMPTS", "5"}, {"DD_SERVICE", "x"}});
  EXPECT_FALSE(embedded->effective.contains("CH_RETRY_ATTEMPTS"));
  EXPECT_TRUE(embedded->set_aside.contains("CH_RETRY_ATTEMPTS"));
  EXPECT_EQ(embedded->set_aside.at("DD_SERVICE"), "DD_AGENT_HOST is unset");
}

}  // namespace
}  // namespace chimera::config
