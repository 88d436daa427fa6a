SELECT concat(
    'No attempt in the last ', toString({days:UInt16}), ' days',
    ifNull(' for user ' || toString({user_id:Nullable(UUID)}), ''),
    ifNull(' for endpoint ' || toString({endpoint_id:Nullable(UUID)}), ''),
    if(count() = 0, '; there are none at all.', '; the newest began on ' || toString(max(date)) || '.')) AS note
FROM delivery_stats
WHERE ({user_id:Nullable(UUID)} IS NULL OR user_id = {user_id:Nullable(UUID)})
    AND ({endpoint_id:Nullable(UUID)} IS NULL OR endpoint_id = {endpoint_id:Nullable(UUID)})
