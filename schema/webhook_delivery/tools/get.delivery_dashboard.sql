-- Attempts of one user that began in the last {hours} hours. One pass: by hour as states, then the hours together.
WITH
    now64(3, 'UTC') - toIntervalHour({hours:UInt16}) AS since,
    by_hour AS
    (
        SELECT
            toStartOfHour(created_at) AS hour,
            count() AS total,
            countIf(status = 'success') AS won,
            countIf(status = 'failed') AS lost,
            countIf(status = 'expired') AS given_up,
            avg(response_time_ms) AS hour_ms,
            avgState(response_time_ms) AS mean_state,
            quantileExactState(0.95)(response_time_ms) AS p95_state,
            uniqExactState(event_id) AS event_state,
            uniqExactIfState(event_id, status = 'success') AS delivered_state,
            uniqExactState(endpoint_id) AS endpoint_state
        FROM delivery_attempts FINAL
        WHERE user_id = {user_id:UUID} AND created_at >= since
        GROUP BY hour
    ),
    history AS
    (
        SELECT if(count() = 0, NULL, max(created_at)) AS newest FROM delivery_attempts WHERE user_id = {user_id:UUID}
    ),
    totals AS
    (
        SELECT
            sum(total) AS all_attempts,
            sum(won) AS successes,
            sum(lost) AS failures,
            sum(given_up) AS expiries,
            avgMerge(mean_state) AS mean_ms,
            quantileExactMerge(0.95)(p95_state) AS p95_ms,
            uniqExactMerge(event_state) AS event_count,
            uniqExactIfMerge(delivered_state) AS delivered,
            uniqExactMerge(endpoint_state) AS endpoint_count,
            groupArray((hour, toFloat64(total), toFloat64(won), round(hour_ms, 1))) AS course
        FROM by_hour
    )
SELECT
    toFloat64(event_count) AS events,
    toFloat64(delivered) AS events_delivered,
    toFloat64(all_attempts) AS attempts,
    toFloat64(successes) AS succeeded,
    toFloat64(failures) AS failed,
    toFloat64(expiries) AS expired,
    toFloat64(all_attempts - successes - failures - expiries) AS pending,
    if(all_attempts = 0, NULL, round(100 * successes / all_attempts, 2)) AS success_rate,
    round(mean_ms, 1) AS avg_response_ms,
    toFloat64(p95_ms) AS p95_response_ms,
    toFloat64(endpoint_count) AS endpoints,
    arraySlice(arraySort(course), -168) AS hourly,
    if(all_attempts = 0, format('No attempt in the last {} hours.', toString({hours:UInt16})), format(
        '{} of {} attempts succeeded in the last {} hours ({} %); {} of {} events were delivered. '
            || '{} failed, {} expired, {} pending.',
        toString(successes), toString(all_attempts), toString({hours:UInt16}), toString(assumeNotNull(success_rate)),
        toString(delivered), toString(event_count), toString(failures), toString(expiries), toString(pending))) AS summary,
    if(all_attempts > 0, NULL, ifNull(
        'The newest attempt of this user began at ' || formatDateTime(newest, '%FT%TZ') || '.',
        'This user has no attempts at all.')) AS note
FROM totals, history
