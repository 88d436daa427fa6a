// Every hostile statement straight to an engine's HTTP interface with readonly=1, with no read gate before it: nothing
// changes, nothing outside of its data folder is touched, nobody is called.
#include <sys/stat.h>

#include <filesystem>
#include <set>

#include "engine/cage.h"
#include "tests/security/kept_tables.h"
#include "tests/security/outside.h"
#include "tests/unit/engine/http_fixture.h"

namespace chimera::security {
namespace {

using engine::LandlockAbi;

// As a caller who also names the function by a parameter, for the statements that can.
const std::string kRead = "?readonly=1&max_execution_time=1&param_f=file";

class CagedEngine : public engine::HttpInterface {
 protected:
  void SetUp() override {
    HttpInterface::SetUp();
    if (socket_.empty()) return;
    outside_.emplace(folder_);
    client_ = Connect();
    std::filesystem::create_symlink(outside_->Secret(), folder_ + "/data/clickhouse/inside.csv");
    MakeTables(TableStatements(), [this](const std::string& sql) { return Ask(sql); });
    (void)outside_->Touched();
  }

  /// By one connection that is kept, because there are many.
  std::string Ask(const std::string& sql, const std::string& query = "") {
    const auto response = client_->Post("/" + query, sql, "text/plain");
    return response ? response->body : "no answer: " + httplib::to_string(response.error());
  }
  std::string State() {
    return KeptState([this](const std::string& sql) { return Ask(sql); });
  }

  /// Names of all that lies beside the engine's own folder: where a path without a folder would be written to.
  std::set<std::string> DataFolder() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/data")) names.insert(entry.path());
    return names;
  }

  std::optional<Outside> outside_;
  std::unique_ptr<httplib::Client> client_;
};

TEST_F(CagedEngine, HostileStatementsChangeNothingAndReachNothingWithoutTheGate) {
  if (LandlockAbi() == 0) std::puts("skipped: files, since this kernel has no Landlock");
  const std::string before = State();
  const auto files = DataFolder();
  const int pid = EnginePid();
  size_t sent = 0;
  auto statements = HostileStatements(*outside_);
  for (const std::string& text : ReachingPatiently()) statements.push_back(outside_->Fill(text));
  for (const std::string& sql : statements) {
    const std::string answer = Ask(sql, kRead);
    ASSERT_FALSE(answer.starts_with("no answer")) << sql << "\n" << answer;
    const Touch touch = outside_->Touched();
    ASSERT_EQ(touch.server, "") << sql << "\n" << answer;
    if (LandlockAbi() > 0) {
      ASSERT_EQ(touch.files, "") << sql << "\n" << answer;
      ASSERT_FALSE(Outside::ShownIn(answer)) << sql << "\n" << answer;
    }
    if (++sent % 100 == 0) {
      ASSERT_EQ(State(), before) << "up to " << sql;
    }
  }
  EXPECT_EQ(State(), before);
  EXPECT_EQ(DataFolder(), files);
  EXPECT_EQ(EnginePid(), pid);
}

TEST_F(CagedEngine, StateSeesEveryKindOfChange) {
  for (const char* sql : {"INSERT INTO shop.`my-table` VALUES ('a', 'b', 1, 2, 'c')",
                          "ALTER TABLE web.sessions COMMENT COLUMN pages 'x'", "DROP TABLE infra.trades",
                          "CREATE VIEW infra.v AS SELECT 1", "CREATE FUNCTION f AS x -> x", "CREATE DATABASE d",
                          "ALTER TABLE shop.orders UPDATE total = 2 WHERE order_id = 1 SETTINGS mutations_sync = 2"}) {
    const std::string before = State();
    EXPECT_EQ(Ask(sql), "") << sql;
    EXPECT_NE(State(), before) << sql;
  }
}

}  // namespace
}  // namespace chimera::security
