-- The four tables of samples, one row a measurement. Monthly partitions; no TTL: rows past one vanish at the next merge
-- without a word, so what is kept how long (90 days of costs and resources, 30 of requests were planned) is for the
-- operator to decide.
-- Times are UTC and say so: a plain DateTime is read and written in the server's time zone.
-- What may not have been measured (no GPU, not judged) is Nullable: a 0 in its place would lower every average.
-- ZSTD instead of LZ4 makes a table of measurements a quarter smaller.
-- Plain MergeTree remembers no inserted blocks by default: the window is what makes a repeated insert a no-op.

CREATE TABLE IF NOT EXISTS cost_metrics_ts
(
    timestamp           DateTime('UTC')        COMMENT 'When the rate was seen, UTC; usually one row an instance and hour' CODEC(Delta, ZSTD),
    customer_id         UUID                   COMMENT 'Who pays',
    cloud_provider      LowCardinality(String) COMMENT 'aws, gcp, azure or another',
    service_name        LowCardinality(String) COMMENT 'The provider''s service, e.g. ec2, compute-engine, vm',
    instance_id         String                 COMMENT 'The provider''s id of the instance' CODEC(ZSTD),
    instance_type       LowCardinality(String) COMMENT 'Its type, e.g. m5.xlarge, n1-standard-4',
    region              LowCardinality(String) COMMENT 'Where it runs, e.g. us-east-1',
    cost_per_hour       Float64                COMMENT 'Price of an hour of it, USD: a rate, not an amount' CODEC(ZSTD),
    utilization_percent Nullable(Float32)      COMMENT 'How busy it was, 0 to 100; NULL: not measured' CODEC(ZSTD),
    is_spot             UInt8                  COMMENT '1: spot or preemptible',
    is_reserved         UInt8                  COMMENT '1: reserved capacity'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (customer_id, cloud_provider, timestamp)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Cost rates of cloud instances. A sum of cost_per_hour is an amount only with one row an hour; cost_metrics_hourly_mv has amounts.';

CREATE TABLE IF NOT EXISTS performance_metrics_ts
(
    timestamp                 DateTime('UTC')        COMMENT 'When the request ended, UTC' CODEC(Delta, ZSTD),
    customer_id               UUID                   COMMENT 'Whose service',
    service_id                UUID                   COMMENT 'The service that answered',
    service_type              LowCardinality(String) COMMENT 'What serves the model: vllm, tgi, sglang or another',
    model_name                LowCardinality(String) COMMENT 'Model, e.g. llama-2-70b',
    request_id                UUID                   COMMENT 'One request',
    latency_ms                Float32                COMMENT 'Duration of the request, ms' CODEC(ZSTD),
    throughput_tokens_per_sec Float32                COMMENT 'Generated tokens per second' CODEC(ZSTD),
    gpu_utilization           Nullable(Float32)      COMMENT 'GPU load meanwhile, 0 to 100; NULL: no GPU, or not known' CODEC(ZSTD),
    kv_cache_utilization      Nullable(Float32)      COMMENT 'KV cache in use, 0 to 100; NULL: not known' CODEC(ZSTD),
    batch_size                UInt32                 COMMENT 'Requests in the same batch' CODEC(ZSTD),
    prompt_tokens             UInt32                 COMMENT 'Tokens of the prompt' CODEC(ZSTD),
    completion_tokens         UInt32                 COMMENT 'Tokens of the answer' CODEC(ZSTD),
    total_tokens              UInt32                 COMMENT 'Both' CODEC(ZSTD)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (customer_id, service_id, timestamp)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'LLM requests with latency and throughput, one row a request.';

CREATE TABLE IF NOT EXISTS resource_metrics_ts
(
    timestamp           DateTime('UTC')        COMMENT 'When it was measured, UTC' CODEC(Delta, ZSTD),
    customer_id         UUID                   COMMENT 'Whose instance',
    instance_id         String                 COMMENT 'The provider''s id of the instance' CODEC(ZSTD),
    instance_type       LowCardinality(String) COMMENT 'Its type, e.g. p4d.24xlarge',
    gpu_index           Nullable(UInt8)        COMMENT 'Which GPU of it, from 0; NULL: it has none',
    gpu_utilization     Nullable(Float32)      COMMENT 'GPU load, 0 to 100; NULL: no GPU' CODEC(ZSTD),
    gpu_memory_used_mb  Nullable(Float32)      COMMENT 'GPU memory in use, MB; NULL: no GPU' CODEC(ZSTD),
    gpu_memory_total_mb Nullable(Float32)      COMMENT 'GPU memory, MB; NULL: no GPU' CODEC(ZSTD),
    gpu_temperature     Nullable(Float32)      COMMENT 'GPU temperature, °C; NULL: no GPU' CODEC(ZSTD),
    cpu_utilization     Float32                COMMENT 'CPU load of the instance, 0 to 100' CODEC(ZSTD),
    memory_used_gb      Float32                COMMENT 'Memory in use, GB' CODEC(ZSTD),
    memory_total_gb     Float32                COMMENT 'Memory, GB' CODEC(ZSTD),
    network_rx_mbps     Float32                COMMENT 'Received, Mbit/s' CODEC(ZSTD),
    network_tx_mbps     Float32                COMMENT 'Sent, Mbit/s' CODEC(ZSTD)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (customer_id, instance_id, timestamp)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Load of instances, one row a GPU and minute; one row a minute for an instance without GPUs.';

CREATE TABLE IF NOT EXISTS quality_metrics_ts
(
    timestamp              DateTime('UTC')        COMMENT 'When the answer was judged, UTC' CODEC(Delta, ZSTD),
    customer_id            UUID                   COMMENT 'Whose service',
    service_id             UUID                   COMMENT 'The service that answered',
    request_id             UUID                   COMMENT 'The request judged',
    model_name             LowCardinality(String) COMMENT 'Model that answered',
    relevance_score        Nullable(Float32)      COMMENT 'Does it answer the prompt, 0 to 1; NULL: not judged' CODEC(ZSTD),
    coherence_score        Nullable(Float32)      COMMENT 'Does it hold together, 0 to 1; NULL: not judged' CODEC(ZSTD),
    factuality_score       Nullable(Float32)      COMMENT 'Is it true, 0 to 1; NULL: not judged' CODEC(ZSTD),
    hallucination_detected UInt8                  COMMENT '1: something was made up',
    toxicity_score         Nullable(Float32)      COMMENT 'Is it toxic, 0 to 1; NULL: not judged' CODEC(ZSTD),
    overall_quality_score  Float32                COMMENT 'Weighted mean of the scores, 0 to 1' CODEC(ZSTD),
    prompt_hash            String                 COMMENT 'Groups similar prompts' CODEC(ZSTD),
    latency_ms             UInt32                 COMMENT 'Duration of the request, ms' CODEC(ZSTD)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (customer_id, service_id, timestamp)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Quality scores of LLM answers, one row a judged request.';
