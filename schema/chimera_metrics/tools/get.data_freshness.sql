-- Hearts (bench_runs) and packs (ui_events), of one commit each or of all: rows, newest row, age against its bound.
WITH
    300 AS hearts_bound,
    5400 AS packs_bound,
    now('UTC') AS present,
    hearts AS
    (
        SELECT count() AS found, if(found = 0, NULL, max(ts)) AS newest
        FROM bench_runs FINAL
        WHERE {hearts_commit:Nullable(String)} IS NULL OR commit_sha = {hearts_commit:Nullable(String)}
    ),
    packs AS
    (
        SELECT count() AS found, if(found = 0, NULL, max(ts)) AS newest
        FROM ui_events
        WHERE {packs_commit:Nullable(String)} IS NULL OR commit_sha = {packs_commit:Nullable(String)}
    ),
    newest_rows AS
    (
        SELECT 'bench_runs' AS name, if(count() = 0, NULL, max(ts)) AS newest FROM bench_runs
        UNION ALL SELECT 'llm_events', if(count() = 0, NULL, max(ts)) FROM llm_events
        UNION ALL SELECT 'ui_events', if(count() = 0, NULL, max(ts)) FROM ui_events
        UNION ALL SELECT 'session_stats', if(count() = 0, NULL, toDateTime64(max(hour), 3, 'UTC')) FROM session_stats
        UNION ALL SELECT 'watcher_runs', if(count() = 0, NULL, max(ts)) FROM watcher_runs
        UNION ALL SELECT 'episodes', if(count() = 0, NULL, max(ts)) FROM episodes
        UNION ALL SELECT 'deployments', if(count() = 0, NULL, max(ts)) FROM deployments
    )
SELECT
    multiIf(
        hearts.found = 0, 'missing_hearts',
        packs.found = 0, 'missing_packs',
        hearts_lag_seconds > hearts_bound OR packs_lag_seconds > packs_bound, 'lag_exceeded',
        'valid') AS status,
    -- Of the side that is there, if one is missing: greatest skips NULL.
    greatest(hearts_lag_seconds, packs_lag_seconds) AS lag_seconds,
    toFloat64(hearts.found) AS hearts_rows,
    hearts.newest AS hearts_newest,
    if(hearts.found = 0, NULL, toFloat64(greatest(0, dateDiff('second', assumeNotNull(hearts.newest), present))))
        AS hearts_lag_seconds,
    toFloat64(packs.found) AS packs_rows,
    packs.newest AS packs_newest,
    if(packs.found = 0, NULL, toFloat64(greatest(0, dateDiff('second', assumeNotNull(packs.newest), present))))
        AS packs_lag_seconds,
    (SELECT groupArray((name, newest)) FROM newest_rows) AS tables,
    format('{}: hearts {}; packs {}.', status,
        if(hearts.found = 0, 'has no rows', format('newest row {} s old ({} s allowed)',
            toString(assumeNotNull(hearts_lag_seconds)), toString(hearts_bound))),
        if(packs.found = 0, 'has no rows', format('newest row {} s old ({} s allowed)',
            toString(assumeNotNull(packs_lag_seconds)), toString(packs_bound)))) AS summary,
    nullIf(concat(
        if(hearts.found > 0, '',
            'No bench_runs row' || ifNull(' of commit ' || {hearts_commit:Nullable(String)}, '') || '. '),
        if(packs.found > 0, '',
            'No ui_events row' || ifNull(' of commit ' || {packs_commit:Nullable(String)}, '') || '. '),
        if(hearts.found > 0 AND packs.found > 0, '', 'The newest row of each table is in tables.')), '') AS note
FROM hearts, packs
