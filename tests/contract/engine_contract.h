// One engine on a folder of its own for all tests of a suite, started from the product's binary; it leaves by itself
// soon after.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "app/embedded_client.h"
#include "clickhouse/http_client.h"
#include "schema/loader.h"

namespace chimera {

inline RequestContext Context() {
  return RequestContext::For("contract", std::chrono::seconds(60), {});
}

class EngineContract : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (std::getenv("CHIMERA_MCP_BIN") == nullptr) return;
    std::string pattern = (std::filesystem::temp_directory_path() / "chimera-contract-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    datasets_ = *schema::BuiltInDatasets(schema::BuiltInNames());
    engine::SupervisorOptions options;
    options.data_dir = folder_ + "/data";
    options.socket_dir = folder_ + "/run";
    options.executable = std::getenv("CHIMERA_MCP_BIN");
    options.idle_exit = std::chrono::seconds(2);
    auto supervisor = engine::Supervisor::Create(options);
    ASSERT_TRUE(supervisor.ok()) << supervisor.error().message;
    clickhouse::HttpOptions http;
    http.learn_account = false;
    http.unix_socket = (*supervisor)->Socket();
    auto client = clickhouse::CreateHttpClient(http);
    client_ = std::make_unique<app::EmbeddedClient>(std::move(*supervisor), *std::move(client), datasets_, true);
    const Status ready = client_->EnsureReady(Context());
    ASSERT_TRUE(ready.ok()) << ready.error().message;
  }

  static void TearDownTestSuite() {
    client_.reset();
    std::error_code busy;  // the engine may be putting its own files away
    for (int i = 0; i < 100 && (std::filesystem::remove_all(folder_, busy), busy); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  void SetUp() override {
    if (!client_) GTEST_SKIP() << "CHIMERA_MCP_BIN names no binary to start the engine from";
  }

  static inline std::string folder_;
  static inline std::vector<schema::Dataset> datasets_;
  static inline std::unique_ptr<app::EmbeddedClient> client_;
};

}  // namespace chimera
