-- The last {days} UTC days by endpoint, from sets of attempts by day and status. An attempt is in the set of every status
-- that it reached and counts in the last one, which is what the differences of unions say. By day first: an attempt
-- belongs to one day, and small sets are joined faster.
WITH daily AS
    (
        SELECT
            delivery_stats.endpoint_id AS endpoint,
            delivery_stats.user_id AS owner,
            date,
            uniqExactMerge(delivery_stats.attempts) AS total,
            uniqExactMergeIf(delivery_stats.attempts, status != 'pending') AS decided,
            uniqExactMergeIf(delivery_stats.attempts, status IN ('expired', 'success')) AS closed,
            uniqExactMergeIf(delivery_stats.attempts, status = 'success') AS won,
            avgMergeState(avg_response_time) AS mean_state,
            minMerge(min_response_time) AS shortest,
            maxMerge(max_response_time) AS longest
        FROM delivery_stats
        WHERE date BETWEEN toDate(now('UTC')) - {days:UInt16} + 1 AND toDate(now('UTC'))
            AND ({user_id:Nullable(UUID)} IS NULL OR delivery_stats.user_id = {user_id:Nullable(UUID)})
            AND ({endpoint_id:Nullable(UUID)} IS NULL OR delivery_stats.endpoint_id = {endpoint_id:Nullable(UUID)})
        GROUP BY endpoint, owner, date
    )
SELECT
    endpoint AS endpoint_id,
    owner AS user_id,
    toFloat64(sum(total)) AS attempts,
    round(100 * sum(won) / sum(total), 2) AS success_rate,
    toFloat64(sum(won)) AS succeeded,
    toFloat64(sum(decided) - sum(closed)) AS failed,
    toFloat64(sum(closed) - sum(won)) AS expired,
    toFloat64(sum(total) - sum(decided)) AS pending,
    round(avgMerge(mean_state), 1) AS avg_response_ms,
    min(shortest) AS min_response_ms,
    max(longest) AS max_response_ms,
    if(countIf(won > 0) = 0, NULL, maxIf(date, won > 0)) AS last_success_day
FROM daily
GROUP BY endpoint, owner
ORDER BY success_rate, attempts DESC, endpoint_id
LIMIT 500
