-- An hourly view over each table, filled by every insert: a table of aggregate states, and a materialized view that
-- writes into it. Parts hold an hour in pieces until they are merged, so a state is read with -Merge, a count with sum(),
-- and always with GROUP BY. What these views do that obvious ones get wrong:
-- * Every column of the GROUP BY is in the key. A merge folds rows of equal keys: a service_name, service_type,
--   instance_type or model_name outside it would take any one of their values.
-- * Counts are SimpleAggregateFunction(sum, …). A plain count in an AggregatingMergeTree would keep one piece's value.
--   (ClickHouse 26.7 refuses to create a table with either mistake.)
-- * The mean of utilizations is a state. Summing means, as SummingMergeTree would, makes 90 % of twice 45 %.
-- * The cost is not sum(cost_per_hour), which is a rate: four samples an hour would cost four times as much. The mean rate
--   of an instance in its hour times one hour is the amount, so the state is kept by instance.
-- * hallucination_count adds up with sum(), like the other counts.
-- * TO a table instead of POPULATE, which loses the rows that arrive while it runs. The tables are as new as the views, so
--   there is nothing to fill in.
-- * The deduplication window is on the views' tables, too: without it a repeated batch, which the table above drops, counts
--   again here. (A client of your own sends deduplicate_blocks_in_dependent_materialized_views = 1, as the tools do.)

CREATE TABLE IF NOT EXISTS cost_metrics_hourly
(
    hour            DateTime('UTC')                           COMMENT 'Start of the hour, UTC',
    customer_id     UUID                                      COMMENT 'Who pays',
    cloud_provider  LowCardinality(String)                    COMMENT 'aws, gcp, azure or another',
    service_name    LowCardinality(String)                    COMMENT 'The provider''s service',
    instance_id     String                                    COMMENT 'The instance',
    hourly_cost     AggregateFunction(avg, Float64)           COMMENT 'Mean of cost_per_hour, so what the instance cost in this hour, USD' CODEC(ZSTD),
    avg_utilization AggregateFunction(avg, Nullable(Float32)) COMMENT 'Mean of utilization_percent' CODEC(ZSTD),
    sample_count    SimpleAggregateFunction(sum, UInt64)      COMMENT 'Rows of cost_metrics_ts'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (customer_id, cloud_provider, hour, service_name, instance_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What cost_metrics_hourly_mv fills; read it through that.';

CREATE MATERIALIZED VIEW IF NOT EXISTS cost_metrics_hourly_mv TO cost_metrics_hourly
COMMENT 'Cost by hour and instance: avgMerge(hourly_cost) is what an instance cost in an hour, sample_count adds up with sum. States of one key may stand in several rows: GROUP BY.' AS
SELECT
    toStartOfHour(timestamp) AS hour,
    customer_id,
    cloud_provider,
    service_name,
    instance_id,
    avgState(cost_per_hour) AS hourly_cost,
    avgState(utilization_percent) AS avg_utilization,
    count() AS sample_count
FROM cost_metrics_ts
GROUP BY hour, customer_id, cloud_provider, service_name, instance_id;

CREATE TABLE IF NOT EXISTS performance_metrics_hourly
(
    hour           DateTime('UTC')                            COMMENT 'Start of the hour, UTC',
    customer_id    UUID                                       COMMENT 'Whose service',
    service_id     UUID                                       COMMENT 'The service',
    service_type   LowCardinality(String)                     COMMENT 'What serves the model',
    avg_latency    AggregateFunction(avg, Float32)            COMMENT 'Mean of latency_ms' CODEC(ZSTD),
    p95_latency    AggregateFunction(quantile(0.95), Float32) COMMENT '95th percentile of latency_ms; exact up to 8,192 requests, then of a sample' CODEC(ZSTD),
    p99_latency    AggregateFunction(quantile(0.99), Float32) COMMENT '99th percentile of latency_ms; exact up to 8,192 requests, then of a sample' CODEC(ZSTD),
    avg_throughput AggregateFunction(avg, Float32)            COMMENT 'Mean of throughput_tokens_per_sec' CODEC(ZSTD),
    avg_gpu_util   AggregateFunction(avg, Nullable(Float32))  COMMENT 'Mean of gpu_utilization' CODEC(ZSTD),
    request_count  SimpleAggregateFunction(sum, UInt64)       COMMENT 'Rows of performance_metrics_ts'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (customer_id, service_id, hour, service_type)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What performance_metrics_hourly_mv fills; read it through that.';

CREATE MATERIALIZED VIEW IF NOT EXISTS performance_metrics_hourly_mv TO performance_metrics_hourly
COMMENT 'Latency and throughput by hour: read avg_* with avgMerge, p95_latency with quantileMerge(0.95), request_count with sum. States of one key may stand in several rows: GROUP BY.' AS
SELECT
    toStartOfHour(timestamp) AS hour,
    customer_id,
    service_id,
    service_type,
    avgState(latency_ms) AS avg_latency,
    quantileState(0.95)(latency_ms) AS p95_latency,
    quantileState(0.99)(latency_ms) AS p99_latency,
    avgState(throughput_tokens_per_sec) AS avg_throughput,
    avgState(gpu_utilization) AS avg_gpu_util,
    count() AS request_count
FROM performance_metrics_ts
GROUP BY hour, customer_id, service_id, service_type;

CREATE TABLE IF NOT EXISTS resource_metrics_hourly
(
    hour           DateTime('UTC')                           COMMENT 'Start of the hour, UTC',
    customer_id    UUID                                      COMMENT 'Whose instance',
    instance_id    String                                    COMMENT 'The instance',
    instance_type  LowCardinality(String)                    COMMENT 'Its type',
    avg_gpu_util   AggregateFunction(avg, Nullable(Float32)) COMMENT 'Mean of gpu_utilization' CODEC(ZSTD),
    max_gpu_util   AggregateFunction(max, Nullable(Float32)) COMMENT 'Largest gpu_utilization',
    avg_gpu_memory AggregateFunction(avg, Nullable(Float32)) COMMENT 'Mean of gpu_memory_used_mb' CODEC(ZSTD),
    avg_cpu_util   AggregateFunction(avg, Float32)           COMMENT 'Mean of cpu_utilization' CODEC(ZSTD),
    sample_count   SimpleAggregateFunction(sum, UInt64)      COMMENT 'Rows of resource_metrics_ts'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (customer_id, instance_id, hour, instance_type)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What resource_metrics_hourly_mv fills; read it through that.';

CREATE MATERIALIZED VIEW IF NOT EXISTS resource_metrics_hourly_mv TO resource_metrics_hourly
COMMENT 'Load by hour: read avg_* with avgMerge, max_gpu_util with maxMerge, sample_count with sum. States of one key may stand in several rows: GROUP BY.' AS
SELECT
    toStartOfHour(timestamp) AS hour,
    customer_id,
    instance_id,
    instance_type,
    avgState(gpu_utilization) AS avg_gpu_util,
    maxState(gpu_utilization) AS max_gpu_util,
    avgState(gpu_memory_used_mb) AS avg_gpu_memory,
    avgState(cpu_utilization) AS avg_cpu_util,
    count() AS sample_count
FROM resource_metrics_ts
GROUP BY hour, customer_id, instance_id, instance_type;

CREATE TABLE IF NOT EXISTS quality_metrics_hourly
(
    hour                DateTime('UTC')                           COMMENT 'Start of the hour, UTC',
    customer_id         UUID                                      COMMENT 'Whose service',
    service_id          UUID                                      COMMENT 'The service',
    model_name          LowCardinality(String)                    COMMENT 'Model that answered',
    avg_quality         AggregateFunction(avg, Float32)           COMMENT 'Mean of overall_quality_score' CODEC(ZSTD),
    avg_relevance       AggregateFunction(avg, Nullable(Float32)) COMMENT 'Mean of relevance_score' CODEC(ZSTD),
    avg_coherence       AggregateFunction(avg, Nullable(Float32)) COMMENT 'Mean of coherence_score' CODEC(ZSTD),
    avg_factuality      AggregateFunction(avg, Nullable(Float32)) COMMENT 'Mean of factuality_score' CODEC(ZSTD),
    hallucination_count SimpleAggregateFunction(sum, UInt64)      COMMENT 'Rows with hallucination_detected',
    request_count       SimpleAggregateFunction(sum, UInt64)      COMMENT 'Rows of quality_metrics_ts'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(hour)
ORDER BY (customer_id, service_id, hour, model_name)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What quality_metrics_hourly_mv fills; read it through that.';

CREATE MATERIALIZED VIEW IF NOT EXISTS quality_metrics_hourly_mv TO quality_metrics_hourly
COMMENT 'Scores by hour: read avg_* with avgMerge, the counts with sum. States of one key may stand in several rows: GROUP BY.' AS
SELECT
    toStartOfHour(timestamp) AS hour,
    customer_id,
    service_id,
    model_name,
    avgState(overall_quality_score) AS avg_quality,
    avgState(relevance_score) AS avg_relevance,
    avgState(coherence_score) AS avg_coherence,
    avgState(factuality_score) AS avg_factuality,
    sum(hallucination_detected) AS hallucination_count,
    count() AS request_count
FROM quality_metrics_ts
GROUP BY hour, customer_id, service_id, model_name;
