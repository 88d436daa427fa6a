// A Redis server that speaks TLS.
#include <cstdlib>

#include "tests/unit/ingest/redis_fixture.h"

namespace chimera::ingest {
namespace {

class RedisTls : public RedisTest {
 protected:
  RedisTls() {
    std::string folder = "/tmp/chimera-redis-tls-XXXXXX";
    folder_ = mkdtemp(folder.data());
    const std::string make =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
        "/CN=localhost -addext subjectAltName=DNS:localhost -keyout " +
        folder_ + "/key.pem -out " + folder_ + "/cert.pem 2>/dev/null";
    made_ = std::system(make.c_str()) == 0;
  }
  ~RedisTls() override { (void)!std::system(("rm -r " + folder_).c_str()); }

  std::vector<std::string> Settings() const override {
    return {"--tls-port",         std::to_string(port_), "--tls-cert-file",     folder_ + "/cert.pem", "--tls-key-file",
            folder_ + "/key.pem", "--tls-ca-cert-file",  folder_ + "/cert.pem", "--tls-auth-clients",  "no"};
  }
  RedisOptions Secured(const std::string& ca_file) const {
    RedisOptions options = Options();
    options.socket = "";
    options.host = "localhost";
    options.port = port_;
    options.secure = true;
    options.tls.ca_file = ca_file;
    return options;
  }

  std::string folder_;
  const int port_ = FreePort();
  bool made_ = false;
};

TEST_F(RedisTls, IsVerified) {
  ASSERT_TRUE(made_);
  const auto store = CreateRedisStore(Secured(folder_ + "/cert.pem"));
  EXPECT_EQ(store->Name(), "rediss://localhost:" + std::to_string(port_) + "/0");
  const auto accepted = store->Append(context_, RowOf("a", std::string(3'000'000, 'x')));
  ASSERT_TRUE(accepted.ok()) << accepted.error().message;
  EXPECT_EQ(ReadAll(*store).size(), 1u);
  const auto untrusted = CreateRedisStore(Secured(""))->Append(context_, RowOf("b"));
  EXPECT_EQ(CodeOf(untrusted), ErrorCode::kUnavailable);
  EXPECT_NE(untrusted.error().message.find("not trusted"), std::string::npos) << untrusted.error().message;
}

TEST_F(RedisTls, IsAskedForInTheClear) {
  RedisOptions options = Secured("");
  options.secure = false;
  EXPECT_EQ(CodeOf(CreateRedisStore(options)->Append(context_, RowOf("a"))), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace chimera::ingest
