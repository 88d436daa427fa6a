// What a read may do with columns whose values are protected: show them, group by them, count them, and nothing else.
#include "sql/protected_columns.h"

#include <gtest/gtest.h>

#include "sql/read_gate.h"

namespace chimera::sql {
namespace {

using Names = std::vector<std::string>;

const std::vector<ProtectedColumn> kColumns = {{"m", "ui_events", "user_agent"}, {"m", "ui_events", "metadata"}};

TEST(ProtectedColumns, MayBeShownGroupedAndCounted) {
  const std::pair<const char*, Names> cases[] = {
      {"SELECT user_agent FROM ui_events", {"user_agent"}},
      {"SELECT ts, `user_agent`, latency_ms AS l FROM m.ui_events WHERE ts > 0 ORDER BY ts", {"user_agent"}},
      {"SELECT DISTINCT user_agent FROM ui_events", {"user_agent"}},
      {"SELECT e.user_agent, b.model FROM ui_events AS e JOIN bench_runs b USING (commit_sha)", {"user_agent"}},
      {"SELECT m.ui_events.user_agent FROM m.ui_events", {"user_agent"}},
      {"SELECT user_agent, count() FROM ui_events GROUP BY user_agent HAVING count() > 1 LIMIT 3", {"user_agent"}},
      {"SELECT count() FROM ui_events GROUP BY ts, user_agent", {}},
      {"SELECT * FROM ui_events", {"metadata", "user_agent"}},
      {"SELECT 1, ui_events.*, ts FROM ui_events", {"metadata", "user_agent"}},
      {"WITH 5 AS n SELECT * FROM ui_events LIMIT n", {"metadata", "user_agent"}},
      {"EXPLAIN SELECT * FROM ui_events", {"metadata", "user_agent"}},
      {"SELECT uniq(user_agent), count(DISTINCT e.metadata) FROM ui_events e", {}},
      {"SELECT model FROM (SELECT uniqExact(user_agent) AS model FROM ui_events)", {}},
      {"SELECT count(*), latency_ms * 2, 2 * (latency_ms), sum(latency_ms * -1) FROM ui_events", {}},
      {"SELECT * EXCEPT (user_agent, metadata) FROM ui_events", {}},
      {"SELECT x.* FROM (SELECT * EXCEPT (metadata, user_agent) FROM ui_events) AS x", {"metadata", "user_agent"}},
      {"SELECT ts FROM ui_events WHERE session_id IN (SELECT session_id FROM ui_events)", {}},
      {"SELECT * FROM a_view UNION ALL SELECT * FROM bench_runs", {"metadata", "user_agent"}},
      {"SELECT * FROM (SELECT * FROM a_view)", {"metadata", "user_agent"}},
      {"DESCRIBE ui_events", {}},
      {"SHOW COLUMNS FROM ui_events LIKE 'user_agent'", {}},
      {"SELECT name FROM system.columns WHERE name = 'user_agent'", {}},
  };
  for (const auto& [sql, names] : cases) {
    const auto found = FindProtected(sql, kColumns);
    ASSERT_TRUE(found.ok()) << sql << ": " << found.error().message;
    EXPECT_EQ(*found, names) << sql;
    EXPECT_TRUE(CheckRead(sql, {.functions = {}, .dictionaries = {}, .protected_columns = kColumns}).ok()) << sql;
  }
}

// One mechanism a line: each would show, rename or test the values otherwise.
TEST(ProtectedColumns, AreRefusedElsewhere) {
  const char* const cases[] = {
      "SELECT user_agent AS x FROM ui_events",
      "SELECT user_agent x FROM ui_events",
      "SELECT upper(user_agent) FROM ui_events",
      "SELECT user_agent || '' FROM ui_events",
      "SELECT ts, (user_agent) FROM ui_events",
      "SELECT [user_agent] FROM ui_events",
      "SELECT user_agent.size FROM ui_events",
      "SELECT `user_agent.size` FROM ui_events",
      "SELECT metadata.email FROM ui_events",
      "SELECT \"User_Agent\" FROM ui_events",
      "SELECT USER_AGENT FROM ui_events",
      "SELECT user_agent::String FROM ui_events",
      "SELECT ts FROM ui_events WHERE user_agent = 'x'",
      "SELECT ts FROM ui_events PREWHERE user_agent LIKE 'x%'",
      "SELECT ts FROM ui_events ORDER BY user_agent",
      "SELECT count() FROM ui_events GROUP BY substring(user_agent, 1, 1)",
      "SELECT count() FROM ui_events GROUP BY ts HAVING user_agent = 'x'",
      "SELECT countIf(user_agent = 'x') FROM ui_events",
      "SELECT uniqIf(user_agent, 1) FROM ui_events",
      "SELECT any(user_agent), max(user_agent) FROM ui_events",
      "SELECT uniqState(user_agent) FROM ui_events",
      "SELECT x FROM (SELECT user_agent AS x FROM ui_events)",
      "SELECT x FROM (SELECT user_agent FROM ui_events) AS t(x)",
      "SELECT user_agent FROM (SELECT user_agent FROM ui_events)",
      "WITH t AS (SELECT user_agent FROM ui_events) SELECT * FROM t",
      "WITH t(a) AS (SELECT user_agent FROM ui_events) SELECT a FROM t",
      "WITH user_agent AS x SELECT x FROM ui_events",
      "SELECT 'x' UNION ALL SELECT user_agent FROM ui_events",
      "SELECT user_agent FROM ui_events UNION ALL SELECT 'x'",
      "SELECT 'x' AS a FROM t EXCEPT SELECT user_agent FROM ui_events",
      "SELECT ts FROM ui_events JOIN (SELECT 'x' AS user_agent) USING user_agent",
      "SELECT ts FROM a JOIN ui_events ON a.x = ui_events.user_agent",
      "SELECT ts FROM ui_events NATURAL JOIN (SELECT 'x' AS user_agent)",
      "SELECT ts, x FROM ui_events ARRAY JOIN splitByChar(' ', user_agent) AS x",
      "SELECT ts FROM ui_events LIMIT 1 BY user_agent",
      "SELECT ts FROM ui_events WHERE (SELECT any(user_agent) FROM ui_events) = 'x'",
      "SELECT row_number() OVER (ORDER BY user_agent) FROM ui_events",
      "SELECT lag(user_agent) OVER () FROM ui_events",
      "FROM ui_events SELECT user_agent",
      "(SELECT user_agent FROM ui_events)",
      "SELECT {c:Identifier} FROM ui_events",
      "SELECT {c : Identifier} FROM ui_events",
      "SELECT tuple(*) FROM ui_events",
      "SELECT toString(tuple(e.*)) FROM ui_events e",
      "SELECT * APPLY(upper) FROM ui_events",
      "SELECT * APPLY upper FROM ui_events",
      "SELECT * REPLACE (upper(metadata) AS ts) FROM ui_events",
      "SELECT * LIKE '%agent' FROM ui_events",
      "SELECT * ILIKE '%agent' FROM ui_events",
      "SELECT TOP 1 * FROM ui_events",
      "SELECT DISTINCT ON (ts) * FROM ui_events",
      "SELECT * EXCEPT (metadata) FROM ui_events",
      "SELECT * EXCEPT metadata FROM ui_events",
      "SELECT * EXCEPT ('user_agent|metadata') FROM ui_events",
      "SELECT * EXCEPT (user_agent, METADATA) FROM ui_events",
      "SELECT * EXCEPT SELECT * FROM ui_events",
      "SELECT 1, 2, 3 UNION ALL SELECT * FROM ui_events",
      "SELECT a FROM (SELECT * FROM ui_events) AS t(a)",
      "WITH t AS (SELECT * FROM ui_events) SELECT count() FROM t",
      "SELECT * FROM ui_events AS t(a, b)",
      "SELECT b FROM ui_events t(a, b)",
      "SELECT COLUMNS('agent') FROM ui_events",
      "SELECT e.COLUMNS('agent') FROM ui_events e",
      "SELECT columns('agent') APPLY(upper) FROM `ui_events`",
      "SELECT concat(*) FROM merge('^ui_')",
      "SELECT COLUMNS('.') FROM merge(m, '.')",
      "SELECT (1, 'x') IN ui_events",
      "SELECT (1, 'x') NOT IN m.ui_events",
      "SELECT (1, 'x') IN (ui_events)",
      "SELECT in((1, 'x'), ui_events)",
      "SHOW TABLES WHERE name IN (SELECT user_agent FROM ui_events)",
      "DESCRIBE (SELECT user_agent AS x FROM ui_events)",
  };
  for (const char* sql : cases) {
    const auto found = FindProtected(sql, kColumns);
    ASSERT_FALSE(found.ok()) << sql;
    EXPECT_EQ(found.error().code, ErrorCode::kStatementRefused) << sql;
    EXPECT_TRUE(found.error().position && !found.error().hint.empty()) << sql;
    EXPECT_TRUE(FindProtected(sql, {}).ok()) << "without rules nothing is refused";
  }
}

TEST(ProtectedColumns, AreFoundInAResultByTheirName) {
  EXPECT_TRUE(ShowsColumn("user_agent", "user_agent"));
  EXPECT_TRUE(ShowsColumn("b.user_agent", "user_agent"));
  EXPECT_FALSE(ShowsColumn("no_user_agent", "user_agent"));
}

}  // namespace
}  // namespace chimera::sql
