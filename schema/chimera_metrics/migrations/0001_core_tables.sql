-- The seven core tables. Daily partitions; no TTL: rows stay until somebody decides otherwise.
-- Plain MergeTree remembers no inserted blocks by default: the window is what makes a repeated insert a no-op.

CREATE TABLE IF NOT EXISTS bench_runs
(
    ts             DateTime64(3, 'UTC')   COMMENT 'When the run finished, UTC',
    run_id         UUID                   COMMENT 'One benchmark run',
    commit_sha     FixedString(40)        COMMENT 'Banterhearts commit measured, 40 hex digits',
    model          LowCardinality(String) COMMENT 'Model name with its tag, e.g. llama3.1:8b-instruct-q4_0',
    quant          LowCardinality(String) COMMENT 'Quantization, e.g. q4_0, int8, fp16',
    dataset        LowCardinality(String) COMMENT 'Prompt set used',
    latency_p50_ms UInt32                 COMMENT 'Median request latency, ms',
    latency_p95_ms UInt32                 COMMENT '95th percentile of request latency, ms',
    latency_p99_ms UInt32                 COMMENT '99th percentile of request latency, ms',
    tokens_per_sec Float32                COMMENT 'Generated tokens per second',
    cost_per_1k    Decimal(10, 6)         COMMENT 'Cost of 1,000 tokens, USD',
    memory_peak_mb UInt32                 COMMENT 'Peak memory, MiB',
    schema_version UInt8 DEFAULT 1        COMMENT 'Version of the row layout'
)
ENGINE = ReplacingMergeTree(ts)
PARTITION BY toDate(ts)
ORDER BY (model, quant, dataset, run_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Benchmark runs of Banterhearts (hearts), one row a run. Replacing: read with FINAL.';

CREATE TABLE IF NOT EXISTS llm_events
(
    ts         DateTime64(3, 'UTC')   COMMENT 'When the call ended, UTC',
    run_id     UUID                   COMMENT 'The run that made the call; a run makes many',
    source     LowCardinality(String) COMMENT 'Who called: banterhearts, banterpacks or council',
    model      LowCardinality(String) COMMENT 'Model name with its tag',
    operation  LowCardinality(String) COMMENT 'What the call was for, e.g. episode_draft',
    tokens_in  UInt32                 COMMENT 'Prompt tokens',
    tokens_out UInt32                 COMMENT 'Completion tokens',
    latency_ms UInt32                 COMMENT 'Duration of the call, ms',
    cost_usd   Decimal(12, 6)         COMMENT 'Cost of the call, USD',
    status     LowCardinality(String) COMMENT 'success, failure or timeout',
    error_msg  String DEFAULT ''      COMMENT 'Why it failed; empty on success'
)
ENGINE = MergeTree
PARTITION BY toDate(ts)
ORDER BY (source, ts)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Calls to language models, one row a call.';

CREATE TABLE IF NOT EXISTS ui_events
(
    ts             DateTime64(3, 'UTC')   COMMENT 'When it happened, UTC',
    session_id     UUID                   COMMENT 'The user session',
    commit_sha     FixedString(40)        COMMENT 'Banterpacks commit that ran, 40 hex digits',
    event_type     LowCardinality(String) COMMENT 'What happened, e.g. overlay_open, query_submit, error',
    latency_ms     UInt32                 COMMENT 'Time the user waited, ms',
    user_agent     String                 COMMENT 'Client program; may be empty',
    metadata       String                 COMMENT 'Further facts as a JSON object',
    schema_version UInt8 DEFAULT 1        COMMENT 'Version of the row layout'
)
ENGINE = MergeTree
PARTITION BY toDate(ts)
ORDER BY (event_type, ts)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'User interface events of Banterpacks (packs), one row an event.';

CREATE TABLE IF NOT EXISTS episodes
(
    ts                   DateTime64(3, 'UTC')   COMMENT 'When this state was written, UTC',
    run_id               UUID                   COMMENT 'The generation run',
    series               LowCardinality(String) COMMENT 'banterpacks or chimera',
    episode_num          UInt16                 COMMENT 'Number within the series, from 1',
    title                String                 COMMENT 'Headline',
    confidence_score     Float32                COMMENT 'Confidence in the content, 0 to 1; under 0.6 stays a draft',
    correlation_strength Float32                COMMENT 'Correlation behind it, -1 to 1',
    tokens_total         UInt32                 COMMENT 'Tokens spent on the generation',
    cost_total           Decimal(12, 6)         COMMENT 'Cost of the generation, USD',
    status               LowCardinality(String) COMMENT 'draft, published or failed',
    file_path            String                 COMMENT 'Where the text is',
    commit_sha           FixedString(40)        COMMENT 'Commit written about, 40 hex digits'
)
ENGINE = MergeTree
PARTITION BY toDate(ts)
ORDER BY (series, episode_num, ts)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Generated episodes: one row each time an episode reaches a state, the newest counts.';

CREATE TABLE IF NOT EXISTS deployments
(
    ts                   DateTime64(3, 'UTC')   COMMENT 'When this state was reached, UTC',
    run_id               UUID                   COMMENT 'The deployment run',
    episode_run_id       UUID                   COMMENT 'run_id of the episode deployed',
    status               LowCardinality(String) COMMENT 'building, ready or error',
    vercel_deployment_id String                 COMMENT 'Vercel''s id, e.g. dpl_…',
    url                  String                 COMMENT 'Where it is served',
    duration_ms          UInt32                 COMMENT 'How long it took, ms',
    error_msg            String DEFAULT ''      COMMENT 'Why it failed; empty otherwise'
)
ENGINE = MergeTree
PARTITION BY toDate(ts)
ORDER BY (ts, run_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Deployments of episodes: one row each time a deployment reaches a state, the newest counts.';

CREATE TABLE IF NOT EXISTS watcher_runs
(
    ts                DateTime64(3, 'UTC')   COMMENT 'When the check ran, UTC',
    run_id            UUID                   COMMENT 'One check',
    hearts_commit     FixedString(40)        COMMENT 'Banterhearts commit checked, 40 hex digits',
    packs_commit      FixedString(40)        COMMENT 'Banterpacks commit checked, 40 hex digits',
    hearts_rows_found UInt32                 COMMENT 'bench_runs rows of hearts_commit',
    packs_rows_found  UInt32                 COMMENT 'ui_events rows of packs_commit',
    lag_seconds       UInt32                 COMMENT 'Age of the newest row of the later side, seconds',
    status            LowCardinality(String) COMMENT 'valid, degraded, missing_hearts, missing_packs, lag_exceeded, error',
    duration_ms       UInt32                 COMMENT 'How long the check took, ms'
)
ENGINE = MergeTree
PARTITION BY toDate(ts)
ORDER BY (ts, run_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Health checks of the pipeline, one row a check.';

CREATE TABLE IF NOT EXISTS session_stats
(
    hour             DateTime('UTC') COMMENT 'Start of the hour, UTC',
    session_id       UUID            COMMENT 'The user session',
    avg_latency_ms   UInt32          COMMENT 'Mean time the user waited in this hour, ms',
    error_rate       Float32         COMMENT 'Share of events that failed, 0 to 1',
    abandonment_rate Float32         COMMENT 'Share of requests given up, 0 to 1',
    events_count     UInt32          COMMENT 'Events in this hour',
    duration_seconds UInt32          COMMENT 'Duration of the session, seconds'
)
ENGINE = MergeTree
PARTITION BY toDate(hour)
ORDER BY (hour, session_id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Sessions of Banterpacks (packs) by hour, aggregated before they are stored.';
