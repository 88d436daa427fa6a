-- Features of one agent over the {hours} hours before {until}: [since, until).
WITH
    ifNull({until:Nullable(DateTime64(3, 'UTC'))}, now64(3, 'UTC')) AS window_end,
    window_end - toIntervalHour({hours:UInt16}) AS window_start,
    seen AS
    (
        SELECT timestamp, transfer_id, bandwidth_mbps, latency_ms, packet_loss_rate, throughput_mbps, hour_of_day,
            optimization_applied
        FROM tcp_telemetry
        WHERE agent_id = {agent_id:String} AND timestamp >= window_start AND timestamp < window_end
    ),
    totals AS
    (
        SELECT
            count() AS n,
            uniqExact(transfer_id) AS transfers,
            avgOrNull(bandwidth_mbps) AS bandwidth,
            avgOrNull(latency_ms) AS latency,
            avgOrNull(packet_loss_rate) AS loss,
            maxOrNull(throughput_mbps) AS fastest,
            avgOrNull(throughput_mbps) AS throughput,
            if(n < 2, NULL, stddevSamp(throughput_mbps)) AS spread,
            avgOrNull(optimization_applied != '') AS optimized,
            quantilesExactInclusive(0.05, 0.25, 0.5, 0.75, 0.95)(bandwidth_mbps) AS bandwidths,
            quantilesExactInclusive(0.05, 0.25, 0.5, 0.75, 0.95)(latency_ms) AS latencies,
            quantilesExactInclusive(0.05, 0.25, 0.5, 0.75, 0.95)(throughput_mbps) AS throughputs
        FROM seen
    ),
    newest_rows AS
    (
        SELECT groupArray(throughput_mbps) AS lags
        FROM (SELECT throughput_mbps FROM seen ORDER BY timestamp DESC, transfer_id DESC LIMIT 11)
    ),
    pairs AS
    (
        SELECT
            throughput_mbps AS present,
            lagInFrame(throughput_mbps) OVER ordered AS before,
            row_number() OVER ordered AS place
        FROM seen
        WINDOW ordered AS (ORDER BY timestamp, transfer_id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
    ),
    autocorrelation AS
    (
        SELECT if(countIf(place > 1) < 3, NULL, corrIf(present, before, place > 1)) AS r FROM pairs
    ),
    hours_of_day AS
    (
        SELECT arraySort(groupArray((hour_of_day, toFloat64(found), round(fast, 6), round(late, 6)))) AS list
        FROM
        (
            SELECT hour_of_day, count() AS found, avg(throughput_mbps) AS fast, avg(latency_ms) AS late
            FROM seen
            GROUP BY hour_of_day
        )
    ),
    -- Looked for only when the window is empty.
    known AS
    (
        SELECT
            maxIf(minute, agent_id = {agent_id:String}) AS newest,
            arrayStringConcat(arraySort(groupUniqArray(20)(toString(agent_id))), ', ') AS agents
        FROM tcp_telemetry_minute
        WHERE (SELECT n FROM totals) = 0
    )
SELECT
    round(bandwidth, 6) AS avg_bandwidth,
    round(latency, 6) AS avg_latency,
    round(loss, 9) AS avg_packet_loss,
    fastest AS max_throughput,
    toFloat64(n) AS transfer_count,
    toFloat64(transfers) AS distinct_transfers,
    round(throughput, 6) AS avg_throughput,
    round(spread, 6) AS stddev_throughput,
    round(optimized, 6) AS optimization_rate,
    if(n = 0, [], arrayMap(x -> round(x, 6), bandwidths)) AS bandwidth_quantiles,
    if(n = 0, [], arrayMap(x -> round(x, 6), latencies)) AS latency_quantiles,
    if(n = 0, [], arrayMap(x -> round(x, 6), throughputs)) AS throughput_quantiles,
    lags AS throughput_lags,
    if(isFinite(r), round(r, 6), NULL) AS throughput_autocorrelation,
    list AS by_hour_of_day,
    if(n = 0,
        format('No row of {} in {} h.', {agent_id:String}, toString({hours:UInt16})),
        format('{}: {} rows, {} transfers in {} h; throughput {} Mbit/s (median {}, p95 {}), latency {} ms, loss {} %.',
            {agent_id:String}, toString(n), toString(transfers), toString({hours:UInt16}),
            toString(round(assumeNotNull(throughput), 1)), toString(round(throughputs[3], 1)),
            toString(round(throughputs[5], 1)), toString(round(assumeNotNull(latency), 1)),
            toString(round(100 * assumeNotNull(loss), 3)))) AS summary,
    multiIf(
        n > 0, NULL,
        newest > 0, format('Its newest row is of the minute {}.', formatDateTime(newest, '%FT%TZ')),
        agents = '', 'tcp_telemetry is empty.',
        concat('It has no row at all; agents are, for instance: ', agents, '.')) AS note
FROM totals, newest_rows, autocorrelation, hours_of_day, known
