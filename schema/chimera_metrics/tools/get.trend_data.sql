-- The daily mean of one metric over the last {days} UTC days, today included, with a straight line fitted through the
-- daily means, each day alike. Only the branch that holds the metric reads rows.
WITH
    toDate(now('UTC')) AS today,
    today - {days:UInt16} + 1 AS first_day,
    {metric:String} AS wanted,
    multiIf(
        wanted IN ('latency_p50_ms', 'latency_p95_ms', 'latency_p99_ms',
                   'tokens_per_sec', 'cost_per_1k', 'memory_peak_mb'),
        'bench_runs',
        wanted IN ('tokens_in', 'tokens_out', 'llm_latency_ms', 'cost_usd'),
        'llm_events',
        'session_stats') AS home,
    samples AS
    (
        SELECT
            toDate(ts) AS day,
            multiIf(
                wanted = 'latency_p50_ms', latency_p50_ms,
                wanted = 'latency_p95_ms', latency_p95_ms,
                wanted = 'latency_p99_ms', latency_p99_ms,
                wanted = 'tokens_per_sec', tokens_per_sec,
                wanted = 'cost_per_1k', toFloat64(cost_per_1k),
                memory_peak_mb)::Float64 AS sample
        FROM bench_runs FINAL
        WHERE home = 'bench_runs' AND toDate(ts) BETWEEN first_day AND today
        UNION ALL
        SELECT
            toDate(ts) AS day,
            multiIf(
                wanted = 'tokens_in', tokens_in,
                wanted = 'tokens_out', tokens_out,
                wanted = 'llm_latency_ms', latency_ms,
                toFloat64(cost_usd))::Float64 AS sample
        FROM llm_events
        WHERE home = 'llm_events' AND toDate(ts) BETWEEN first_day AND today
        UNION ALL
        SELECT
            toDate(hour) AS day,
            multiIf(
                wanted = 'avg_latency_ms', avg_latency_ms,
                wanted = 'error_rate', error_rate,
                wanted = 'abandonment_rate', abandonment_rate,
                wanted = 'events_count', events_count,
                duration_seconds)::Float64 AS sample
        FROM session_stats
        WHERE home = 'session_stats' AND toDate(hour) BETWEEN first_day AND today
    ),
    daily AS
    (
        SELECT day, avg(sample) AS value, count() AS samples_count
        FROM samples
        WHERE isFinite(sample)
        GROUP BY day
    ),
    fitted AS
    (
        SELECT
            count() AS days_seen,
            arraySort(groupArray((day, value, toFloat64(samples_count)))) AS seen,
            simpleLinearRegression(toFloat64(day - first_day), value) AS line,
            corr(toFloat64(day - first_day), value) AS r,
            avg(value) AS average,
            max(day) - min(day) AS span,
            if(abs(average) < 1, 6, 2) AS digits
        FROM daily
    ),
    newest AS
    (
        SELECT multiIf(
            home = 'bench_runs', (SELECT if(count() = 0, NULL, max(ts)) FROM bench_runs),
            home = 'llm_events', (SELECT if(count() = 0, NULL, max(ts)) FROM llm_events),
            (SELECT if(count() = 0, NULL, max(hour)) FROM session_stats)) AS row
    )
SELECT
    home AS table,
    toUInt16(days_seen) AS n,
    if(n = 0, NULL, round(seen[1].2, 6)) AS first,
    if(n = 0, NULL, round(seen[-1].2, 6)) AS last,
    if(n = 0, NULL, round(average, 6)) AS mean,
    -- Two points always lie on a line: a slope takes three.
    if(n < 3, NULL, round(line.1, 6)) AS slope_per_day,
    -- A metric that never changes has no r; its level line fits exactly.
    if(n < 3, NULL, if(isFinite(r), round(r * r, 4), 1)) AS r2,
    if(n < 3 OR average = 0, NULL, round(line.1 * span / abs(average), 4)) AS relative_change,
    multiIf(
        n < 3, NULL,
        r2 < 0.1 OR ifNull(abs(relative_change), 0) < 0.05, 'flat',
        line.1 > 0, 'rising',
        'falling') AS direction,
    arrayMap(point -> (point.1, round(point.2, 6), point.3), arraySlice(seen, -100)) AS points,
    multiIf(
        n = 0, format('No {} in the last {} days.', wanted, toString({days:UInt16})),
        n < 3, format('{} has {} day(s) of data in the last {}: too few for a trend.', wanted, toString(n),
                      toString({days:UInt16})),
        format('{} is {}: {} a day, {} % over the window (R² {}, {} days, mean {}).', wanted, assumeNotNull(direction),
               if(line.1 > 0, '+', '') || toString(round(line.1, digits)),
               toString(round(100 * ifNull(relative_change, 0), 1)), toString(assumeNotNull(r2)), toString(n),
               toString(round(average, digits)))) AS summary,
    if(n > 0, NULL, concat(home, ' has no row in the window: ',
        ifNull('its newest is of ' || formatDateTime(row, '%FT%TZ') || '.', 'the table is empty.'))) AS note
FROM fitted, newest
