-- Deliveries with a failed or expired attempt in the last {hours} hours and no success in them. Tuples, because argMax
-- skips NULL.
WITH failures AS
    (
        SELECT
            delivery_attempts.event_id AS event,
            delivery_attempts.endpoint_id AS endpoint,
            any(delivery_attempts.user_id) AS owner,
            countIf(delivery_attempts.status IN ('failed', 'expired')) AS failed,
            countIf(delivery_attempts.status = 'success') AS won,
            argMax(delivery_attempts.status, (attempt_number, created_at)) AS newest,
            argMaxIf(
                (http_status_code, response_time_ms, error_message, created_at),
                (attempt_number, created_at),
                delivery_attempts.status IN ('failed', 'expired')) AS last
        FROM delivery_attempts FINAL
        WHERE created_at >= now64(3, 'UTC') - toIntervalHour({hours:UInt16})
            AND ({user_id:Nullable(UUID)} IS NULL OR delivery_attempts.user_id = {user_id:Nullable(UUID)})
            AND ({endpoint_id:Nullable(UUID)} IS NULL OR delivery_attempts.endpoint_id = {endpoint_id:Nullable(UUID)})
        GROUP BY event, endpoint
        HAVING failed > 0 AND won = 0
    )
SELECT
    event AS event_id,
    endpoint AS endpoint_id,
    owner AS user_id,
    toFloat64(failed) AS failed_attempts,
    toString(newest) AS status,
    last.1 AS http_status_code,
    last.2 AS response_time_ms,
    last.3 AS error_message,
    last.4 AS failed_at
FROM failures
ORDER BY failed_at DESC, event_id, endpoint_id
LIMIT 500
