-- Episodes written in the last {days} UTC days, today included, each counted once in its newest state, with the
-- deployments of their runs, also counted once in their newest state.
WITH
    toDate(now('UTC')) AS today,
    today - {days:UInt16} + 1 AS first_day,
    states AS
    (
        SELECT *
        FROM episodes
        WHERE toDate(ts) BETWEEN first_day AND today
            AND ({series:Nullable(String)} IS NULL OR series = {series:Nullable(String)})
    ),
    newest AS
    (
        SELECT * FROM states ORDER BY ts DESC LIMIT 1 BY series, episode_num
    ),
    releases AS
    (
        SELECT argMax(status, ts) AS state
        FROM deployments
        WHERE episode_run_id IN (SELECT run_id FROM states)
        GROUP BY run_id
    ),
    content AS
    (
        SELECT
            count() AS total,
            countIf(status = 'draft') AS drafted,
            countIf(status = 'published') AS released,
            countIf(status = 'failed') AS broken,
            avg(confidence_score) AS confidence,
            avg(abs(correlation_strength)) AS strength,
            countIf(confidence_score < 0.6) AS doubtful,
            sum(tokens_total) AS tokens,
            sum(cost_total) AS cost,
            argMax((series, episode_num, title, status, ts), ts) AS latest
        FROM newest
    ),
    delivery AS
    (
        SELECT count() AS total, countIf(state = 'ready') AS ready, countIf(state = 'error') AS broken FROM releases
    ),
    history AS
    (
        SELECT if(count() = 0, NULL, max(ts)) AS row
        FROM episodes
        WHERE {series:Nullable(String)} IS NULL OR series = {series:Nullable(String)}
    )
SELECT
    toFloat64(content.total) AS episodes,
    toFloat64(drafted) AS drafts,
    toFloat64(released) AS published,
    toFloat64(content.broken) AS failed,
    if(content.total = 0, NULL, round(released / content.total, 4)) AS publish_rate,
    if(content.total = 0, NULL, round(confidence, 4)) AS avg_confidence,
    toFloat64(doubtful) AS low_confidence,
    if(content.total = 0, NULL, round(strength, 4)) AS avg_correlation_strength,
    toFloat64(tokens) AS tokens_total,
    round(toFloat64(cost), 6) AS cost_total,
    toFloat64(delivery.total) AS deployments,
    if(ready + delivery.broken = 0, NULL, round(ready / (ready + delivery.broken), 4)) AS deployment_success_rate,
    if(content.total = 0, NULL, format('{} {} "{}", {}, {}', toString(latest.1), toString(latest.2), latest.3,
        toString(latest.4), formatDateTime(latest.5, '%FT%TZ'))) AS latest_episode,
    if(content.total = 0, format('No episodes in the last {} days.', toString({days:UInt16})), format(
        '{} episode(s) in the last {} days: {} published, {} draft, {} failed. Mean confidence {}. '
            || '{} deployment(s): {} ready, {} failed.',
        toString(content.total), toString({days:UInt16}), toString(released), toString(drafted),
        toString(content.broken), toString(round(confidence, 2)), toString(delivery.total), toString(ready),
        toString(delivery.broken))) AS summary,
    if(content.total > 0, NULL, concat(
        'No episode', ifNull(' of series ' || {series:Nullable(String)}, ''), ' in the window: ',
        ifNull('the newest is of ' || formatDateTime(row, '%FT%TZ') || '.', 'there are none at all.'))) AS note
FROM content, delivery, history
