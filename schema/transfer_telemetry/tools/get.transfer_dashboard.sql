-- From the states of each minute, so that no mean of means is taken. The window begins with a whole minute.
WITH
    ifNull({until:Nullable(DateTime64(3, 'UTC'))}, now64(3, 'UTC')) AS window_end,
    toStartOfMinute(window_end - toIntervalHour({hours:UInt16})) AS window_start,
    buckets AS
    (
        SELECT
            toStartOfInterval(minute, toIntervalMinute({bucket_minutes:UInt16})) AS bucket,
            sum(transfer_count) AS found,
            sum(optimized_count) AS optimized,
            avgMerge(throughput) AS mean,
            quantilesMerge(0.5, 0.95)(throughput_spread) AS spread,
            max(throughput_max) AS fastest,
            avgMerge(latency) AS wait,
            quantilesMerge(0.5, 0.95)(latency_spread) AS waits,
            avgMerge(packet_loss) AS loss
        FROM tcp_telemetry_minute
        WHERE minute >= window_start AND minute < window_end
            AND ({agent_id:Nullable(String)} IS NULL OR agent_id = {agent_id:Nullable(String)})
            AND ({project_id:Nullable(String)} IS NULL OR project_id = {project_id:Nullable(String)})
        GROUP BY bucket
    )
SELECT
    bucket AS minute,
    round(mean, 3) AS avg_throughput,
    toFloat64(found) AS transfer_count,
    round(optimized / found, 4) AS optimization_rate,
    round(spread[1], 3) AS p50_throughput,
    round(spread[2], 3) AS p95_throughput,
    round(toFloat64(fastest), 3) AS max_throughput,
    round(wait, 3) AS avg_latency,
    round(waits[2], 3) AS p95_latency,
    round(loss, 6) AS avg_packet_loss
FROM buckets
ORDER BY minute DESC
