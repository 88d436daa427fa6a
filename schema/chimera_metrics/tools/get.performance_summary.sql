-- One row a model with benchmark runs or calls in the last {days} UTC days, today included; NULL for a side without.
WITH
    toDate(now('UTC')) AS today,
    today - {days:UInt16} + 1 AS first_day,
    -- Nullable, so that the FULL JOIN marks a missing side with NULL instead of 0.
    benchmarks AS
    (
        SELECT
            model,
            count() AS runs,
            toNullable(avg(latency_p50_ms)) AS p50,
            toNullable(avg(latency_p95_ms)) AS p95,
            toNullable(avg(latency_p99_ms)) AS p99,
            toNullable(avg(tokens_per_sec)) AS throughput,
            toNullable(avg(toFloat64(cost_per_1k))) AS cost,
            toNullable(max(memory_peak_mb)) AS memory
        FROM bench_runs FINAL
        WHERE toDate(ts) BETWEEN first_day AND today
            AND ({model:Nullable(String)} IS NULL OR model = {model:Nullable(String)})
        GROUP BY model
    ),
    calls AS
    (
        SELECT
            model,
            count() AS total,
            toNullable(countIf(status != 'success') / total) AS failed,
            toNullable(quantile(0.5)(latency_ms)) AS p50,
            toNullable(quantile(0.95)(latency_ms)) AS p95,
            toNullable(sum(tokens_in + tokens_out)) AS tokens,
            toNullable(toFloat64(sum(cost_usd))) AS cost
        FROM llm_events
        WHERE toDate(ts) BETWEEN first_day AND today
            AND ({model:Nullable(String)} IS NULL OR model = {model:Nullable(String)})
        GROUP BY model
    )
SELECT
    model,
    toFloat64(benchmarks.runs) AS bench_runs,
    round(benchmarks.p50, 1) AS latency_p50_ms,
    round(benchmarks.p95, 1) AS latency_p95_ms,
    round(benchmarks.p99, 1) AS latency_p99_ms,
    round(benchmarks.throughput, 2) AS tokens_per_sec,
    round(benchmarks.cost, 6) AS cost_per_1k,
    benchmarks.memory AS memory_peak_mb,
    toFloat64(calls.total) AS llm_calls,
    round(calls.failed, 4) AS llm_error_rate,
    round(calls.p50, 1) AS llm_latency_p50_ms,
    round(calls.p95, 1) AS llm_latency_p95_ms,
    toFloat64(calls.tokens) AS llm_tokens,
    round(calls.cost, 6) AS llm_cost_usd
FROM benchmarks FULL JOIN calls USING (model)
ORDER BY bench_runs DESC, llm_calls DESC, model
LIMIT 500
