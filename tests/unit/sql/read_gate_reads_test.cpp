// Benign statements: a gate that blocks real analytics gets switched off.
#include <gtest/gtest.h>

#include "sql/read_gate.h"
#include "tests/unit/sql/read_gate_cases.h"

namespace chimera::sql {
namespace {

constexpr Read kReads[] = {
    // Plain queries.
    {"SELECT", "SELECT 1"},
    {"SELECT", "select a, b FROM t WHERE a > 1 ORDER BY b DESC LIMIT 10"},
    {"SELECT", "SELECT count() FROM db.t"},
    {"SELECT", "SELECT * FROM `my-table`"},
    {"SELECT", "SELECT t.`user.name`, `req/s` AS `per second` FROM t"},
    {"SELECT", "SELECT 1;"},
    {"SELECT", "SELECT 1 ;; -- done\n; /* really */"},
    {"SELECT", "/* a */ -- b\n SELECT 1 # c"},
    {"SELECT", "#! x\nSELECT 1 // y"},
    {"SELECT", "SELECT 1 /* outer /* inner */ still outer */ + 2"},
    {"SELECT", "(SELECT 1)"},
    {"SELECT", "SELECT * FROM ((SELECT a FROM t) UNION ALL (SELECT 2)) LIMIT 1"},
    {"SELECT", "(SELECT 1) UNION DISTINCT SELECT 2"},
    {"SELECT", "FROM t SELECT a, lower(b) WHERE c"},
    {"SELECT",
     "SELECT a FROM t1, t2 AS x, (SELECT 1) AS y WHERE toDate(d) = today() GROUP BY a, lower(b) ORDER BY abs(a), "
     "lower(b)"},

    // Keywords where they mean nothing.
    {"SELECT", "SELECT 'DROP TABLE t; --'"},
    {"SELECT", "SELECT 'a\\'; DROP TABLE t; --'"},
    {"SELECT", "SELECT 'it''s; INSERT INTO t'"},
    {"SELECT", "SELECT `insert` FROM t"},
    {"SELECT", "SELECT \"drop table\" FROM t"},
    {"SELECT", "SELECT $$ ; DROP TABLE t $$"},
    {"SELECT", "SELECT $sql$ INSERT INTO t $sql$ AS text"},
    {"SELECT", "SELECT 1 -- ; DROP TABLE t"},
    {"SELECT", "SELECT 1 /* INTO OUTFILE 'x' FORMAT CSV */"},
    {"SELECT", "SELECT delete, update, insert, truncate, \"system\" FROM t"},
    {"SELECT",
     "SELECT format, settings, into, parallel FROM t WHERE format = 'csv' AND settings IN ('a') GROUP BY format, "
     "settings ORDER BY format DESC"},
    {"SELECT", "SELECT format('{} {}', a, b) FROM t"},

    // Names of table functions as columns and aliases.
    {"SELECT", "SELECT file FROM t"},
    {"SELECT", "SELECT file, url, t.remote, uniq(file), count(url) FROM t GROUP BY file, url"},
    {"SELECT", "SELECT x AS file, y AS url, z remote FROM t"},
    {"SELECT", "SELECT s3.a FROM t AS s3 JOIN u AS cluster ON s3.id = cluster.id"},
    {"SELECT", "WITH url AS (SELECT 1 AS a) SELECT a FROM url"},
    {"SELECT", "SELECT arrayMap(file -> upper(file), files), arrayMap((file, i) -> i, files, idx) FROM t"},
    {"SELECT", "SELECT arrayMap(x -> concat(x, file), names), arraySort(t.file) FROM t"},

    {"SELECT", "SELECT arraySort(file), arraySum(url), arrayMap(upper, names), arrayMap(+ +lower, names) FROM t"},
    {"SELECT", "SELECT arrayPartialSort(n, names) FROM t"},

    // WITH.
    {"SELECT", "WITH 1 AS x SELECT x"},
    {"SELECT", "WITH (SELECT max(a) FROM t) AS highest, toDate('2024-01-01') AS since SELECT highest, since"},
    {"SELECT", "WITH y AS (SELECT 1 AS a), z AS (SELECT * FROM y) SELECT * FROM z JOIN y USING (a)"},
    {"SELECT", "WITH y AS MATERIALIZED (SELECT 1) SELECT * FROM y"},
    {"SELECT", "WITH count() AS `req/s`, 2 AS \"a.b\" SELECT `req/s` FROM t"},
    {"SELECT", "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 9) SELECT sum(n) FROM r"},
    {"SELECT", "WITH (x, y) -> x + y AS f SELECT f(1, 2)"},
    {"SELECT", "WITH (x -> x + 1) AS f, y -> y AS g SELECT f(1), arrayMap(g, [1])"},
    {"SELECT", "WITH a AS (SELECT 1) FROM a SELECT *"},
    {"SELECT", "WITH a(x, y) AS (SELECT 1, 2) SELECT x FROM a"},
    {"SELECT", "SELECT x FROM (SELECT 1, 2) AS a(x, y) JOIN (SELECT 3) b(z) ON x = z"},

    // Set operations, windows, joins and the rest of the grammar.
    {"SELECT", "SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 2 EXCEPT SELECT 3"},
    {"SELECT", "SELECT * EXCEPT (a, b) REPLACE (c + 1 AS c) APPLY(toString) FROM t"},
    {"SELECT", "SELECT COLUMNS('^a') EXCEPT b APPLY(x -> x + 1) FROM t"},
    {"SELECT",
     "SELECT sum(a) OVER (PARTITION BY b ORDER BY c ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), row_number() OVER w "
     "FROM t WINDOW w AS (ORDER BY a), v AS (w)"},
    {"SELECT", "SELECT x, y FROM t ARRAY JOIN tags AS x, arrayEnumerate(tags) AS y WHERE x != ''"},
    {"SELECT", "SELECT * FROM t AS a LEFT ARRAY JOIN tags INNER JOIN u ON u.id = a.id, v"},
    {"SELECT", "SELECT * FROM a ASOF LEFT JOIN b ON a.k = b.k AND a.ts >= b.ts"},
    {"SELECT", "SELECT * FROM a GLOBAL ANY LEFT JOIN b USING k, c"},
    {"SELECT",
     "SELECT * FROM a JOIN b ON a.x = b.x AND b.y IN (1, 2) WHERE a.z BETWEEN 1 AND 2 GROUP BY toHour(a.t), "
     "toDate(a.t)"},
    {"SELECT", "SELECT * FROM (a JOIN b ON a.x = b.x) JOIN ((SELECT 1 AS x) AS c CROSS JOIN d) ON c.x = a.x"},
    {"SELECT", "SELECT * FROM a PASTE JOIN b"},
    {"SELECT", "SELECT * FROM (VALUES (1, 'a'), (2, 'b'))"},
    {"SELECT",
     "SELECT a FROM t FINAL SAMPLE 1/10 OFFSET 1/2 PREWHERE b WHERE c GROUP BY a WITH TOTALS HAVING count() > 1 ORDER "
     "BY a LIMIT 1, 2"},
    {"SELECT", "SELECT a FROM t ORDER BY d, a LIMIT 2 BY lower(a), upper(b) LIMIT 5 OFFSET 5"},
    {"SELECT",
     "SELECT d, s FROM t ORDER BY d WITH FILL FROM toDate('2024-01-01') TO toDate('2024-02-01') STEP 1 INTERPOLATE (s "
     "AS s)"},
    {"SELECT", "SELECT a, count() FROM t GROUP BY GROUPING SETS ((a), ()) QUALIFY row_number() OVER (ORDER BY a) = 1"},
    {"SELECT", "SELECT a, b FROM t GROUP BY ROLLUP(a, b)"},
    {"SELECT", "SELECT a FROM t ORDER BY a LIMIT 1 WITH TIES"},
    {"SELECT", "SELECT DISTINCT ON (a) a, b FROM t"},
    {"SELECT", "SELECT a FROM t ORDER BY a FETCH FIRST 3 ROWS ONLY"},
    {"SELECT",
     "SELECT arrayMap(x -> x * 2, [1, 2]), arrayFold((acc, x) -> acc + x, [1], toInt64(0)), mapFilter((k, v) -> v > 1, "
     "m) FROM t"},
    {"SELECT", "SELECT quantiles(0.5, 0.9)(a), sumIf(a, b), countIf(c) FILTER (WHERE d) FROM t"},
    {"SELECT",
     "SELECT CASE a WHEN 1 THEN 'x' ELSE 'y' END, a ? b : c, a[1], tup.1, (1, 'a').2, a::Nullable(UInt8), INTERVAL 1 "
     "DAY, DATE '2024-01-01' FROM t"},
    {"SELECT", "SELECT CAST(a AS Array(Tuple(x UInt8, y String))), json.a.b[1].c::Int64 FROM t"},
    {"SELECT",
     "SELECT extract(day FROM d), trim(BOTH ' ' FROM s), substring(s FROM 2 FOR 3), position('a' IN s) FROM t"},
    {"SELECT", "SELECT a FROM t WHERE a IS NOT DISTINCT FROM b AND (c IS DISTINCT FROM d)"},
    {"SELECT", "SELECT a FROM t JOIN u ON t.a IS NOT DISTINCT FROM u.a WHERE lower(b) = 'x'"},
    {"SELECT",
     "SELECT a FROM t WHERE a IN (SELECT b FROM u) AND (a, b) NOT IN ((1, 2)) AND c GLOBAL IN u AND d IN u.v AND e IN "
     "[1, 2]"},
    {"SELECT", "SELECT a IN (lower('A'), b), in(a, (1, 2)), has([1], a) FROM t"},
    {"SELECT", "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = 1) AND a = ANY (SELECT b FROM u)"},
    {"SELECT", "SELECT a \u2212 1 FROM t WHERE s = \u2018quoted\u2019"},
    {"SELECT", "SELECT 1_000, 0xFF, 1e-3, 1., x'41', 1 <=> 2, 'a' || 'b'"},
    {"SELECT", "SELECT corr(x, y), simpleLinearRegression(x, y), seriesOutliersDetectTukey(groupArray(y)) FROM t"},

    // Parameters.
    {"SELECT",
     "SELECT * FROM t WHERE a = {a:UInt8} AND b IN {list:Array(String)} AND c > {since : DateTime64(3, 'UTC')} LIMIT "
     "{n:UInt64}"},
    {"SELECT", "SELECT {column:Identifier} FROM t ORDER BY {column:Identifier}"},
    {"SELECT", "SELECT * FROM db.daily(day = {d:Date}, n = 3)"},

    // Allowed table functions.
    {"SELECT", "SELECT * FROM numbers(10), numbers_mt(1, 2) AS b"},
    {"SELECT", "SELECT * FROM generateSeries(1, 10, 2) JOIN primes(3) ON 1 = 1"},
    {"SELECT", "SELECT * FROM values('a UInt8, b Array(String)', (1, ['x']), (2, []))"},
    {"SELECT", "SELECT * FROM values((1, 'default'), (-2, NULL))"},
    {"SELECT", "SELECT * FROM format(JSONEachRow, 'a UInt8', '{\"a\": 1}')"},
    {"SELECT", "SELECT * FROM format(JSONEachRow, $${\"a\": \"(x)\"}$$)"},
    {"SELECT", "SELECT * FROM generateRandom('a UInt8, b String', 1) LIMIT 2"},
    {"SELECT", "SELECT * FROM null('a UInt8')"},
    {"SELECT", "SELECT * FROM view(SELECT 1 AS a UNION ALL SELECT 2)"},
    {"SELECT", "SELECT * FROM merge('^events_') WHERE a"},
    {"SELECT", "SELECT * FROM merge(analytics, '^events_')"},
    {"SELECT", "SELECT * FROM merge('analytics', '^events_')"},

    // The system tables that describe data.
    {"SELECT", "SELECT name FROM system.tables WHERE database = currentDatabase()"},
    {"SELECT", "SELECT * FROM `system`.`columns`, \"system\".parts, system.one, SYSTEM.NUMBERS LIMIT 1"},
    {"SELECT", "SELECT * FROM information_schema.columns"},
    {"SELECT", "SELECT table_name FROM INFORMATION_SCHEMA.TABLES"},
    {"SELECT", "SELECT system.tables.name FROM system.tables WHERE name IN (SELECT name FROM system.functions)"},
    {"SELECT", "SELECT users, processes, query_log FROM users, sessions, other.query_log"},

    // Settings and output.
    {"SELECT", "SELECT 1 SETTINGS max_threads = 1"},
    {"SELECT", "SELECT a AS settings FROM t ORDER BY settings LIMIT 1"},
    {"SELECT",
     "SELECT a FROM (SELECT a FROM t SETTINGS max_threads = 2) SETTINGS max_threads = 2, join_algorithm = 'hash'"},
    {"SELECT", "SELECT a FROM t ORDER BY a SETTINGS final = 1, optimize_read_in_order = 0, use_skip_indexes = false"},

    // EXPLAIN.
    {"EXPLAIN", "EXPLAIN SELECT 1"},
    {"EXPLAIN", "EXPLAIN AST SELECT 1"},
    {"EXPLAIN", "EXPLAIN SYNTAX oneline = 1 SELECT a FROM t"},
    {"EXPLAIN", "EXPLAIN QUERY TREE run_passes = 1, dump_ast = 1 SELECT 1"},
    {"EXPLAIN", "EXPLAIN PIPELINE graph = 1 SELECT a FROM t"},
    {"EXPLAIN", "EXPLAIN PLAN header = 1, actions = 1 SELECT a FROM t"},
    {"EXPLAIN", "EXPLAIN indexes = 1 SELECT a FROM t WHERE a = 1"},
    {"EXPLAIN", "EXPLAIN ESTIMATE SELECT a FROM t"},
    {"EXPLAIN", "EXPLAIN ANALYZE SELECT a FROM t"},
    {"EXPLAIN", "EXPLAIN (SELECT 1) UNION ALL SELECT 2"},
    {"EXPLAIN", "EXPLAIN WITH 1 AS x SELECT x"},
    {"SELECT", "SELECT * FROM (EXPLAIN PLAN header = 1 SELECT 1)"},

    // SHOW, DESCRIBE, EXISTS.
    {"SHOW", "SHOW TABLES"},
    {"SHOW", "show full tables from db like 'a%' limit 5"},
    {"SHOW", "SHOW TABLES IN db NOT ILIKE '%x' LIMIT 1"},
    {"SHOW", "SHOW TABLES WHERE name IN (SELECT name FROM system.tables)"},
    {"SHOW", "SHOW TEMPORARY TABLES"},
    {"SHOW", "SHOW DATABASES LIKE 's%'"},
    {"SHOW", "SHOW DICTIONARIES FROM db"},
    {"SHOW", "SHOW CREATE TABLE t"},
    {"SHOW", "SHOW CREATE TABLE db.`my-table`"},
    {"SHOW", "SHOW CREATE VIEW db.v"},
    {"SHOW", "SHOW CREATE db.t"},
    {"SHOW", "SHOW TABLE db.t"},
    {"SHOW", "SHOW CREATE DATABASE db"},
    {"SHOW", "SHOW CREATE DICTIONARY db.d"},
    {"SHOW", "SHOW COLUMNS FROM t FROM db"},
    {"SHOW", "SHOW EXTENDED FULL COLUMNS IN db.t LIKE 'a%'"},
    {"SHOW", "SHOW INDEXES FROM t"},
    {"SHOW", "SHOW FUNCTIONS LIKE 'array%'"},
    {"SHOW", "SHOW SETTINGS LIKE 'max%'"},
    {"SHOW", "SHOW CHANGED SETTINGS ILIKE 'max%'"},
    {"SHOW", "SHOW SETTING max_threads"},
    {"SHOW", "SHOW ENGINES"},
    {"SHOW", "SHOW CLUSTERS"},
    {"SHOW", "SHOW MERGES"},
    {"DESCRIBE", "DESCRIBE t"},
    {"DESCRIBE", "DESC TABLE db.t"},
    {"DESCRIBE", "DESCRIBE (SELECT 1 AS a)"},
    {"DESCRIBE", "DESCRIBE SELECT 1"},
    {"DESCRIBE", "DESCRIBE numbers(3)"},
    {"DESCRIBE", "DESCRIBE TABLE t SETTINGS max_threads = 1"},
    {"EXISTS", "EXISTS t"},
    {"EXISTS", "EXISTS TABLE db.t"},
    {"EXISTS", "EXISTS TEMPORARY TABLE t"},
    {"EXISTS", "EXISTS DATABASE db"},
    {"EXISTS", "EXISTS VIEW db.v;"},
    {"EXISTS", "EXISTS DICTIONARY d"},
};

TEST(ReadGate, LetsReadsPass) {
  for (const Read& read : kReads) {
    const Result<ReadStatement> statement = CheckRead(read.sql);
    ASSERT_TRUE(statement.ok()) << read.sql << "\n" << statement.error().message;
    EXPECT_EQ(statement->kind, read.kind) << read.sql;
  }
}

}  // namespace
}  // namespace chimera::sql
