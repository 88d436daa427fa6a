-- What the statements of benign.jsonl read.
CREATE DATABASE web;
CREATE DATABASE shop;
CREATE DATABASE infra;
CREATE TABLE web.events (
  ts DateTime64(3), day Date DEFAULT toDate(ts), user_id UInt64, session_id UUID, event LowCardinality(String),
  url String, referrer String, user_agent String, country LowCardinality(String), duration_ms UInt32,
  tags Array(String), props Map(String, String), payload String, revenue Nullable(Decimal(12, 2)), ip IPv4
) ENGINE = MergeTree PARTITION BY toYYYYMM(day) ORDER BY (day, intHash32(user_id)) SAMPLE BY intHash32(user_id);
INSERT INTO web.events (ts, user_id, event, url, country, duration_ms, tags, props, payload, revenue)
SELECT toDateTime64('2026-01-01 00:00:00', 3) + number * 60, number % 17, ['view', 'cart', 'buy'][number % 3 + 1],
  'https://shop.example/p/' || toString(number % 5) || '?a=' || toString(number), ['DE', 'FR', 'US'][number % 3 + 1],
  number * 3, ['t' || toString(number % 4), 'x'], map('k', toString(number)),
  '{"a": {"b": [1, 2, 3]}, "n": ' || toString(number) || ', "s": "x"}', if(number % 3 = 2, number, NULL)
FROM numbers(500);
CREATE TABLE web.sessions (
  session_id UUID, user_id UInt64, started DateTime, ended Nullable(DateTime), pages UInt16,
  device Enum8('desktop' = 1, 'mobile' = 2), utm Tuple(source String, medium String)
) ENGINE = MergeTree ORDER BY (user_id, started);
INSERT INTO web.sessions SELECT generateUUIDv4(), number % 17, toDateTime('2026-01-01 00:00:00') + number * 600, NULL,
  number % 9, number % 2 + 1, ('a', 'b') FROM numbers(60);
CREATE VIEW web.by_country AS SELECT * FROM web.events WHERE country = {c:String};
CREATE TABLE shop.orders (
  order_id UInt64, user_id UInt64, created DateTime, status LowCardinality(String), total Decimal(14, 2),
  currency FixedString(3), items Nested(sku String, qty UInt16, price Decimal(10, 2)), note Nullable(String),
  version UInt32
) ENGINE = ReplacingMergeTree(version) ORDER BY order_id;
INSERT INTO shop.orders SELECT number, number % 17, toDateTime('2026-01-01 00:00:00') + number * 3600,
  ['paid', 'open'][number % 2 + 1], number, 'EUR', ['a', 'b'], [1, 2], [10, 20], NULL, 1 FROM numbers(100);
CREATE TABLE shop.products (sku String, name String, category String, price Decimal(10, 2), attributes JSON)
ENGINE = MergeTree ORDER BY sku;
INSERT INTO shop.products VALUES ('a', 'Lamp', 'home', 10, '{"color": {"name": "red"}, "sizes": [1, 2]}');
CREATE TABLE shop.region_names (id UInt64, name String, parent UInt64) ENGINE = MergeTree ORDER BY id;
INSERT INTO shop.region_names VALUES (1, 'Europe', 0), (2, 'Germany', 1);
CREATE DICTIONARY shop.regions (id UInt64, name String, parent UInt64 HIERARCHICAL) PRIMARY KEY id
SOURCE(CLICKHOUSE(DB 'shop' TABLE 'region_names')) LAYOUT(FLAT()) LIFETIME(0);
CREATE TABLE shop.`my-table` (`user.name` String, `select` String, `from` UInt8, `order` UInt8, "a b" String)
ENGINE = Memory;
CREATE TABLE infra.metrics (ts DateTime, host String, metric String, value Float64, labels Map(String, String))
ENGINE = MergeTree ORDER BY (metric, host, ts);
INSERT INTO infra.metrics SELECT toDateTime('2026-01-01 00:00:00') + number * 10, 'h' || toString(number % 3), 'cpu',
  sin(number / 10), map('az', 'a') FROM numbers(300);
CREATE TABLE infra.logs (
  ts DateTime64(9), level Enum8('debug' = 1, 'info' = 2, 'error' = 3), service String, message String, format String,
  settings String, file String, url String, user String, line UInt32, `table` String, `into` String, cluster String,
  remote String, `insert` UInt8, `delete` UInt8, `set` UInt8
) ENGINE = MergeTree ORDER BY (service, ts);
CREATE TABLE infra.quotes (ts DateTime, symbol String, price Float64) ENGINE = MergeTree ORDER BY (symbol, ts);
CREATE TABLE infra.trades (ts DateTime, symbol String, size UInt32) ENGINE = MergeTree ORDER BY (symbol, ts);
CREATE TABLE infra.hourly (
  hour DateTime, host String, mean AggregateFunction(avg, Float64), spread AggregateFunction(quantiles(0.5, 0.9), Float64),
  top SimpleAggregateFunction(max, Float64)
) ENGINE = AggregatingMergeTree ORDER BY (host, hour);
CREATE TABLE infra.events_2025 (a UInt8) ENGINE = MergeTree ORDER BY a;
CREATE TABLE infra.events_2026 (a UInt8) ENGINE = MergeTree ORDER BY a;
