WITH countIf(created_at >= now64(3, 'UTC') - toIntervalHour({hours:UInt16})) AS seen
SELECT concat(
    if(seen = 0, 'No attempt', 'No failed delivery'), ' in the last ', toString({hours:UInt16}), ' hours',
    ifNull(' for user ' || toString({user_id:Nullable(UUID)}), ''),
    ifNull(' for endpoint ' || toString({endpoint_id:Nullable(UUID)}), ''),
    multiIf(
        seen > 0, '.',
        count() = 0, '; there are none at all.',
        '; the newest began at ' || formatDateTime(max(created_at), '%FT%TZ') || '.')) AS note
FROM delivery_attempts
WHERE ({user_id:Nullable(UUID)} IS NULL OR user_id = {user_id:Nullable(UUID)})
    AND ({endpoint_id:Nullable(UUID)} IS NULL OR endpoint_id = {endpoint_id:Nullable(UUID)})
