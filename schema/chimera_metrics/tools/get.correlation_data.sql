-- Hearts (bench_runs) against packs (session_stats) over the last {days} UTC days, today included, joined on the day.
-- The correlation is taken over days, never over rows. Averages weigh every row of the window alike.
WITH
    toDate(now('UTC')) AS today,
    today - {days:UInt16} + 1 AS first_day,
    -- Nullable, so that the FULL JOIN marks a missing side with NULL instead of 0.
    hearts AS
    (
        SELECT
            toDate(ts) AS day,
            toNullable(avg(latency_p95_ms)) AS hearts_ms,
            toNullable(avg(toFloat64(cost_per_1k))) AS cost,
            count() AS hearts_count,
            countIf(latency_p95_ms > 0 AND latency_p50_ms <= latency_p95_ms AND latency_p95_ms <= latency_p99_ms)
                AS hearts_sound,
            toNullable(max(ts)) AS hearts_newest
        FROM bench_runs FINAL
        WHERE toDate(ts) BETWEEN first_day AND today
        GROUP BY day
    ),
    packs AS
    (
        SELECT
            toDate(hour) AS day,
            toNullable(avg(avg_latency_ms)) AS packs_ms,
            toNullable(avg(error_rate)) AS errors,
            toNullable(avg(abandonment_rate)) AS abandonment,
            count() AS packs_count,
            countIf(events_count > 0 AND error_rate BETWEEN 0 AND 1 AND abandonment_rate BETWEEN 0 AND 1)
                AS packs_sound,
            toNullable(max(hour)) AS packs_newest
        FROM session_stats
        WHERE toDate(hour) BETWEEN first_day AND today
        GROUP BY day
    ),
    totals AS
    (
        SELECT
            countIf(hearts_count > 0 AND packs_count > 0) AS both,
            corr(hearts_ms, packs_ms) AS r,
            sum(hearts_count) AS hearts_total,
            sum(packs_count) AS packs_total,
            sum(hearts_ms * hearts_count) / nullIf(hearts_total, 0) AS mean_hearts_ms,
            sum(cost * hearts_count) / nullIf(hearts_total, 0) AS mean_cost,
            sum(packs_ms * packs_count) / nullIf(packs_total, 0) AS mean_packs_ms,
            sum(errors * packs_count) / nullIf(packs_total, 0) AS mean_errors,
            sum(abandonment * packs_count) / nullIf(packs_total, 0) AS mean_abandonment,
            -- Of the side that is further behind.
            dateDiff('second', least(max(hearts_newest), max(packs_newest)), now('UTC')) / 3600 AS age_hours,
            sum(hearts_sound) + sum(packs_sound) AS sound_total,
            groupArray((day, round(hearts_ms, 2), round(packs_ms, 2), round(cost, 6))) AS seen
        FROM hearts FULL JOIN packs USING (day)
    ),
    newest AS
    (
        SELECT
            (SELECT if(count() = 0, NULL, max(ts)) FROM bench_runs) AS bench_run,
            (SELECT if(count() = 0, NULL, max(hour)) FROM session_stats) AS session
    )
SELECT
    if(both < 3 OR NOT isFinite(r), NULL, round(r, 4)) AS correlation,
    toFloat64(hearts_total) AS hearts_rows,
    toFloat64(packs_total) AS packs_rows,
    {days:UInt16} AS days_asked,
    toUInt16(both) AS days_with_both,
    round(mean_hearts_ms, 2) AS avg_hearts_latency_p95_ms,
    round(mean_cost, 6) AS avg_cost_per_1k,
    round(mean_packs_ms, 2) AS avg_packs_latency_ms,
    round(mean_errors, 4) AS error_rate,
    round(mean_abandonment, 4) AS abandonment_rate,
    round(both / {days:UInt16}, 4) AS completeness,
    -- 1 up to 24 hours, then straight down to 0.5 at 7 days, where it stays.
    if(hearts_total = 0 OR packs_total = 0, 0,
        round(1 - 0.5 * (least(greatest(assumeNotNull(age_hours), 24), 168) - 24) / 144, 4)) AS recency,
    if(hearts_total + packs_total = 0, 0, round(sound_total / (hearts_total + packs_total), 4)) AS data_quality,
    least(completeness, ifNull(abs(correlation), 0), recency, data_quality) AS confidence,
    (confidence >= 0.6)::Bool AS publishable,
    arraySlice(arraySort(seen), -100) AS points,
    concat(
        multiIf(
            correlation IS NOT NULL,
            format('r = {} between hearts p95 latency and packs latency over {} of the last {} days.',
                   toString(assumeNotNull(correlation)), toString(both), toString(days_asked)),
            both < 3,
            format('No correlation: it takes 3 days with data of both sides, the last {} days have {}.',
                   toString(days_asked), toString(both)),
            'No correlation: one of the two latencies is the same every day.'),
        format(' Confidence {}: ', toString(confidence)),
        if(publishable, 'an episode may be published.', 'under 0.6, an episode stays a draft.')) AS summary,
    if(hearts_total > 0 AND packs_total > 0, NULL, concat(
        'Not in the window: ',
        arrayStringConcat(arrayFilter(text -> text != '', [
            if(hearts_total > 0, '',
                'bench_runs ' || ifNull('(newest row ' || formatDateTime(bench_run, '%FT%TZ') || ')', '(empty table)')),
            if(packs_total > 0, '',
                'session_stats ' || ifNull('(newest row ' || formatDateTime(session, '%FT%TZ') || ')', '(empty table)'))
        ]), ', '),
        '.')) AS note
FROM totals, newest
