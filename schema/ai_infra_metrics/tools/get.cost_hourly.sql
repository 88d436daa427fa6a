-- The cost of a customer's instances by hour, provider and service, for the hours that begin in [start, end). Each
-- instance costs its mean rate times one hour, however often it was seen in that hour.
WITH
    ifNull({end_date:Nullable(DateTime64(6, 'UTC'))}, now64(6, 'UTC')) AS window_end,
    ifNull({start_date:Nullable(DateTime64(6, 'UTC'))}, window_end - toIntervalDay(7)) AS window_start,
    instances AS
    (
        SELECT
            hour,
            cloud_provider,
            service_name,
            avgMerge(hourly_cost) AS cost,
            avgMergeState(avg_utilization) AS utilization,
            sum(sample_count) AS samples
        FROM cost_metrics_hourly_mv
        WHERE customer_id = {customer_id:UUID}
            AND hour >= window_start
            AND hour < window_end
            AND ({cloud_provider:Nullable(String)} IS NULL OR cloud_provider = {cloud_provider:Nullable(String)})
        GROUP BY hour, cloud_provider, service_name, instance_id
    )
SELECT
    hour,
    cloud_provider,
    service_name,
    round(sum(cost), 6) AS total_cost,
    round(avgMerge(utilization), 3) AS avg_utilization,
    toFloat64(sum(samples)) AS sample_count
FROM instances
GROUP BY hour, cloud_provider, service_name
ORDER BY hour, cloud_provider, service_name
