// Each layer of the engine's confinement alone: what it is there for does not happen when nothing else stands before
// it, and does happen without it. Every run is a process of its own, because walls cannot be taken down and a process
// can have one engine. No HTTP here.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <sstream>
#include <thread>

#include "base/text.h"
#include "engine/cage.h"
#include "engine/database.h"
#include "engine/engine.h"
#include "engine/read_only.h"
#include "tests/security/kept_tables.h"
#include "tests/security/outside.h"

namespace chimera::security {
namespace {

constexpr unsigned kAlarmSeconds = 90;

/// What a run finds, a line each.
using Findings = std::vector<std::string>;

/// What stands between a statement and the world.
struct Layers {
  bool readonly = false;        ///< ClickHouse's readonly=1
  bool classification = false;  ///< the engine's own parser calls it one statement that reads
  bool grants = false;          ///< no SOURCES, no engines that reach outside
  bool files = false;           ///< Landlock
  bool calls = false;           ///< seccomp
};

/// The library in this process, confined as told, with the tables of tables.sql.
class Engine {
 public:
  Engine(const Layers& layers, const std::string& folder, const std::vector<std::string>& tables) : layers_(layers) {
    auto library = engine::chdb::Library::Load(LIBCHDB);
    engine::EnterCage({.data = folder, .socket_dir = {}, .files = layers.files, .calls = layers.calls});
    auto database = engine::Database::Open(std::move(*library), folder, {.reaches_outside = !layers.grants});
    if (!database) std::abort();
    database_ = std::move(*database);
    MakeTables(tables, [this](const std::string& sql) { return Run(sql, {}); });
  }

  /// The rows, or the exception.
  std::string Ask(const std::string& sql) const { return Run(sql, layers_); }
  std::string State() const {
    return KeptState([this](const std::string& sql) { return Run(sql, {}); });
  }

 private:
  std::string Run(const std::string& sql, const Layers& layers) const {
    engine::QueryRequest request;
    request.query_id = "test";
    request.settings = {{"max_execution_time", "1"}, {"http_max_tries", "1"},  {"http_receive_timeout", "1"},
                        {"s3_max_attempts", "1"},    {"connect_timeout", "1"}, {"receive_timeout", "1"}};
    if (layers.readonly) request.settings.emplace_back("readonly", "1");
    auto connection = database_->Connect(request);
    if (!connection) return connection.error().message;
    if (layers.classification) {
      if (Status may = engine::MayRead(*connection, sql); !may) return may.error().message;
    }
    const engine::Pairs parameters = {{"f", "file"}};
    const auto block = connection->Query({sql, "TSV", parameters});
    return std::string(block.Exception().empty() ? block.Bytes() : block.Exception());
  }

  const Layers layers_;
  std::unique_ptr<engine::Database> database_;
};

class CageLayers : public testing::Test {
 protected:
  using Body = std::function<Findings(const Engine& engine, Outside& outside)>;

  void SetUp() override {
    if (!std::filesystem::exists(LIBCHDB)) GTEST_SKIP() << LIBCHDB << " is not there; run `make setup`";
    std::string pattern = (std::filesystem::temp_directory_path() / "cage-test-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    outside_.emplace(folder_);
    tables_ = TableStatements();  // here: no run can read them from behind Landlock
    hostile_ = HostileStatements(*outside_);
    std::filesystem::create_directory(Data());
    std::filesystem::create_symlink(outside_->Secret(), Data() + "/inside.csv");
    (void)outside_->Touched();
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }

  std::string Data() const { return folder_ + "/data"; }

  /// `body`'s findings in a process behind `layers`. One that ends before it is done is a finding, too.
  Findings Behind(const Layers& layers, const Body& body) {
    int ends[2];
    EXPECT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      setpgid(0, 0);         // SYSTEM KILL signals a process group
      alarm(kAlarmSeconds);  // some statements wait for ever
      std::thread([&] { Report(ends[1], Inside(layers, body)); }).join();
      std::_Exit(0);
    }
    close(ends[1]);
    Findings findings = Read(ends[0]);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) findings.push_back("ended with status " + std::to_string(status));
    return findings;
  }

  std::string folder_;
  std::optional<Outside> outside_;
  std::vector<std::string> tables_, hostile_;

 private:
  Findings Inside(const Layers& layers, const Body& body) {
    if (chdir(Data().c_str()) != 0) return {"no folder"};
    (void)engine::DetachStandardStreams();
    auto engine = std::make_unique<Engine>(layers, Data(), tables_);
    Findings findings = body(*engine, *outside_);
    (void)engine.release();  // NOLINT: the library does not close in a process that ends
    return findings;
  }
  static void Report(int fd, const Findings& findings) {
    const std::string text = Join(findings, "\n");
    (void)!write(fd, text.data(), text.size());
  }
  static Findings Read(int fd) {
    std::string text;
    char buffer[4096];
    for (ssize_t size = read(fd, buffer, sizeof(buffer)); size > 0; size = read(fd, buffer, sizeof(buffer)))
      text.append(buffer, static_cast<size_t>(size));
    Findings lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }
};

std::string OneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.substr(0, 400);
}

std::vector<std::string> Filled(const Outside& outside, const std::vector<std::string>& texts) {
  std::vector<std::string> statements;
  for (const std::string& text : texts) statements.push_back(outside.Fill(text));
  return statements;
}

/// Those that are about files. The others would end the process, where nothing but walls stands before them, or wait
/// for servers.
std::vector<std::string> AboutFiles(const Outside& outside, const std::vector<std::string>& hostile) {
  const std::string folder = outside.Fill("%o");
  std::vector<std::string> statements;
  for (const std::string& sql : hostile) {
    if (sql.find(folder) != std::string::npos || sql.find("OUTFILE") != std::string::npos) statements.push_back(sql);
  }
  return statements;
}

Findings Touches(const Engine& engine, Outside& outside, const std::vector<std::string>& statements) {
  Findings findings;
  for (const std::string& sql : statements) {
    const auto t0 = std::chrono::steady_clock::now();
    const std::string answer = engine.Ask(sql);
    if (getenv("SLOW")) {
      auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - t0).count();
      if (ms > 100) fprintf(stderr, "SLOW %ld %s -> %.100s\n", (long)ms, sql.c_str(), answer.c_str());
    }
    const Touch touch = outside.Touched();
    const std::string shown = Outside::ShownIn(answer) ? " shown" : "";
    if (touch.files + touch.server + shown != "")
      findings.push_back(OneLine(sql + ": " + touch.files + touch.server + shown));
  }
  return findings;
}

/// Whether `statements` change anything. Grants know nothing of tables, and the walls are up only so that the test
/// stays at home and no client waits for servers.
Findings Changes(const Engine& engine, const std::vector<std::string>& statements) {
  const std::string before = engine.State();
  for (const std::string& sql : statements) engine.Ask(sql);
  const std::string after = engine.State();
  return after == before ? Findings() : Findings{"something changed: " + OneLine(after)};
}

TEST_F(CageLayers, ClassificationKeepsTheTablesAlone) {
  const auto found = Behind({.classification = true, .grants = true, .files = true, .calls = true},
                            [&](const Engine& engine, Outside&) { return Changes(engine, hostile_); });
  EXPECT_EQ(found, Findings());
}

// ClickHouse's readonly lets these two through (SECURITY.md).
TEST_F(CageLayers, ReadonlyKeepsTheTablesAloneFromAllButTwo) {
  std::erase_if(hostile_, [](const std::string& sql) {
    return sql.find("PARALLEL WITH") != std::string::npos || sql.find("BACKUP") != std::string::npos;
  });
  const auto found = Behind({.readonly = true, .grants = true, .files = true, .calls = true},
                            [&](const Engine& engine, Outside&) { return Changes(engine, hostile_); });
  EXPECT_EQ(found, Findings());
}

TEST_F(CageLayers, WithoutThemTheTablesChange) {
  const auto found = Behind({}, [](const Engine& engine, Outside&) {
    const std::string before = engine.State();
    engine.Ask("TRUNCATE TABLE web.events");
    return engine.State() != before ? Findings{"changed"} : Findings();
  });
  EXPECT_EQ(found, Findings{"changed"});
}

// As someone who may write, with nothing to refuse sources.
TEST_F(CageLayers, LandlockKeepsFilesAlone) {
  if (engine::LandlockAbi() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  const auto found = Behind({.files = true, .calls = true}, [&](const Engine& engine, Outside& outside) {
    return Touches(engine, outside, AboutFiles(outside, hostile_));
  });
  EXPECT_EQ(found, Findings());
}

TEST_F(CageLayers, SeccompKeepsFromServersAlone) {
  const auto found = Behind({.calls = true}, [](const Engine& engine, Outside& outside) {
    return Touches(engine, outside, Filled(outside, ReachingForServers()));
  });
  EXPECT_EQ(found, Findings());
}

// All but a dictionary, whose source knows no grants. Who may make one is a matter of readonly, and seccomp stops it.
TEST_F(CageLayers, GrantsKeepFromServersAlone) {
  const auto found = Behind({.grants = true}, [](const Engine& engine, Outside& outside) {
    auto statements = Filled(outside, ReachingForServers());
    std::erase(statements, "SELECT * FROM outside_http");
    return Touches(engine, outside, statements);
  });
  EXPECT_EQ(found, Findings());
}

TEST_F(CageLayers, WithoutThemServersAndFilesAreReached) {
  const auto found = Behind({}, [](const Engine& engine, Outside& outside) {
    return Touches(engine, outside,
                   Filled(outside, {"SELECT * FROM url('http://127.0.0.1:%p/', 'CSV', 'a String')", "SELECT file('%s')",
                                    "SELECT 1 INTO OUTFILE '%o/new.csv'"}));
  });
  ASSERT_EQ(found.size(), 3u) << testing::PrintToString(found);
  EXPECT_NE(found[0].find("was called"), std::string::npos) << found[0];
  EXPECT_NE(found[1].find("shown"), std::string::npos) << found[1];
  EXPECT_NE(found[2].find("new.csv"), std::string::npos) << found[2];
}

}  // namespace
}  // namespace chimera::security
