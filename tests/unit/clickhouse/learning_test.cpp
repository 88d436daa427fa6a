// When the runner learns what an account may do, and what it does when that fails.
#include <atomic>
#include <future>

#include "clickhouse/statement_runner.h"
#include "unit/clickhouse/client_test.h"

namespace chimera::clickhouse {
namespace {

const std::vector<Header> kNoHeaders = {};
const std::string kId = "id";

std::string Thrown(int code, const std::string& text = "no") {
  return Reply("Code: " + std::to_string(code) + ". DB::Exception: " + text + ". (NAME)\n", 500,
               "X-ClickHouse-Exception-Code: " + std::to_string(code) + "\r\n");
}

class LearningTest : public ::testing::Test {
 protected:
  static HttpOptions Options(const std::vector<int>& ports) {
    HttpOptions options = OptionsFor(ports);
    options.learn_account = true;
    options.retries = 3;
    return options;
  }

  static Verdict Send(Route& route, const RequestContext& context, std::string_view body, std::optional<Rows>& rows) {
    TextReply reply;
    Verdict verdict = route.Carry(context, {Kind::kRead, kId, "/", body, kNoHeaders, kNoHeaders}, reply);
    if (!verdict.error) rows = Rows();
    return verdict;
  }

  StatementRunner Runner(const HttpOptions& options) {
    return StatementRunner(
        options, [] { return 0.5; },
        [](const RequestContext& context, Route& route, Role, const AccountProfile&, const Query& query,
           std::optional<Rows>& rows) { return Send(route, context, query.sql, rows); },
        [this](const std::function<Result<Rows>(const Query&)>& read) -> Result<AccountProfile> {
          ++learned_;
          auto rows = read({.sql = "learn"});
          if (!rows) return std::move(rows).error();
          return AccountProfile::Unrestricted();
        });
  }

  static std::optional<Error> Run(StatementRunner& runner, Role role = Role::kReader,
                                  const std::vector<Setting>& settings = {}) {
    RequestContext context = Within(5s);
    std::optional<Rows> rows;
    StatementRunner::Job job{.role = role, .settings = &settings};
    job.attempt = [&](Route& route, const AccountProfile&) { return Send(route, context, "statement", rows); };
    return runner.Run(context, job);
  }

  static size_t Statements(const ScriptedServer& server) {
    size_t count = 0;
    for (const auto& request : server.Requests()) count += request.body == "statement" ? 1 : 0;
    return count;
  }

  /// Answers the learning and the statements; each answer in order, then rows.
  ScriptedServer::Script Answers(std::vector<std::string> to_learning, std::vector<std::string> to_statements) {
    return [this, to_learning, to_statements](const WireRequest& request, Peer& peer) {
      bool learns = request.body == "learn";
      auto& answers = learns ? to_learning : to_statements;
      size_t number = (learns ? learning_answered_ : statements_answered_)++;
      if (number >= answers.size()) return peer.Send(Reply(kBody));
      return !answers[number].empty() && peer.Send(answers[number]);
    };
  }

  std::atomic<int> learned_{0};
  std::atomic<size_t> learning_answered_{0};
  std::atomic<size_t> statements_answered_{0};
};

TEST_F(LearningTest, OncePerHostAndRole) {
  ScriptedServer server(Answers({}, {}));
  HttpOptions options = Options({server.Port()});
  options.pool_size = 1;  // it learns over the connection that it has
  auto runner = Runner(options);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(Run(runner));
  EXPECT_EQ(learned_, 1);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(Run(runner, Role::kWriter));
  EXPECT_EQ(learned_, 2);
  EXPECT_EQ(server.Connections(), 1u);
}

TEST_F(LearningTest, NeverWhenItIsOff) {
  ScriptedServer server(Answers({}, {Thrown(164)}));
  HttpOptions options = Options({server.Port()});
  options.learn_account = false;
  auto runner = Runner(options);
  EXPECT_TRUE(Run(runner));
  EXPECT_EQ(learned_, 0);
}

TEST_F(LearningTest, AnExceptionFailsTheCallWithoutRepeats) {
  ScriptedServer server(Answers({Thrown(516)}, {}));
  auto runner = Runner(Options({server.Port()}));
  auto error = Run(runner);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->database_code, 516);
  EXPECT_TRUE(error->unsent);
  EXPECT_EQ(server.Requests().size(), 1u);
  EXPECT_FALSE(Run(runner));  // the next call learns anew
}

TEST_F(LearningTest, AFailureOfTheNetworkIsRepeated) {
  ScriptedServer server(Answers({"", Thrown(202)}, {}));
  auto runner = Runner(Options({server.Port()}));
  EXPECT_FALSE(Run(runner));
  EXPECT_EQ(learned_, 3);
  EXPECT_EQ(Statements(server), 1u);
}

TEST_F(LearningTest, AgainOnceWhenASettingOfOursIsRefused) {
  for (int code : {115, 164, 452}) {
    learned_ = 0;
    learning_answered_ = statements_answered_ = 0;
    ScriptedServer server(Answers({}, {Thrown(code)}));
    auto runner = Runner(Options({server.Port()}));
    EXPECT_FALSE(Run(runner)) << code;
    EXPECT_EQ(learned_, 2);
  }
}

TEST_F(LearningTest, OnlyOnceAndNotForTheCallersOwnSettings) {
  const std::string refused = Thrown(164, "Cannot modify 'max_threads' setting in readonly mode");
  ScriptedServer server(Answers({}, {refused, refused, refused}));
  auto runner = Runner(Options({server.Port()}));
  EXPECT_EQ(Run(runner, Role::kReader, {{"max_threads", "1"}})->database_code, 164);
  EXPECT_EQ(learned_, 1);
  EXPECT_EQ(Run(runner)->database_code, 164);
  EXPECT_EQ(learned_, 2);
  EXPECT_EQ(Statements(server), 3u);
}

TEST_F(LearningTest, AgainWhenAHostComesBack) {
  auto server = std::make_unique<ScriptedServer>(Answers({}, {}));
  int port = server->Port();
  HttpOptions options = Options({port});
  options.retries = 0;
  auto runner = Runner(options);
  EXPECT_FALSE(Run(runner));
  server.reset();
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(Run(runner));
  int before = learned_;
  server = std::make_unique<ScriptedServer>(Answers({}, {}), std::string(), 64, port);
  EXPECT_FALSE(Run(runner));
  EXPECT_FALSE(Run(runner));
  EXPECT_EQ(learned_, before + 1);
}

TEST_F(LearningTest, AHostThatTakesTheQuestionAndIsSilentIsLeftForTheNext) {
  ScriptedServer silent([](const WireRequest&, Peer& peer) {
    peer.WaitForClose(5s);
    return false;
  });
  ScriptedServer works(Answers({}, {}));
  HttpOptions options = Options({silent.Port(), works.Port()});
  options.connect_timeout = 100ms;
  auto runner = Runner(options);
  std::vector<std::future<bool>> calls;  // one asks, the others wait for what it hears
  for (int i = 0; i < 4; ++i) calls.push_back(std::async(std::launch::async, [&] { return !Run(runner); }));
  for (auto& call : calls) EXPECT_TRUE(call.get());
  EXPECT_EQ(Statements(works), 4u);
  EXPECT_GE(runner.State().hosts[0].failures, 1u);
}

TEST_F(LearningTest, TheOnlyHostHasAllTheTime) {
  ScriptedServer slow([](const WireRequest&, Peer& peer) {
    std::this_thread::sleep_for(300ms);
    return peer.Send(Reply(kBody));
  });
  HttpOptions options = Options({slow.Port()});
  options.connect_timeout = 100ms;
  auto runner = Runner(options);
  EXPECT_FALSE(Run(runner));
}

}  // namespace
}  // namespace chimera::clickhouse
