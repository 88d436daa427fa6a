-- Latency and throughput of one service over the last {hours} UTC hours, the running one included.
WITH
    toStartOfHour(now('UTC')) AS running,
    running - toIntervalHour({hours:UInt16}) AS before,
    served AS
    (
        SELECT
            avgMerge(avg_latency) AS latency,
            quantileMerge(0.95)(p95_latency) AS p95,
            quantileMerge(0.99)(p99_latency) AS p99,
            avgMerge(avg_throughput) AS throughput,
            sum(request_count) AS requests
        FROM performance_metrics_hourly_mv
        WHERE customer_id = {customer_id:UUID}
            AND service_id = {service_id:UUID}
            AND hour > before
            AND hour <= running
    ),
    history AS
    (
        SELECT if(count() = 0, NULL, max(hour)) AS newest
        FROM performance_metrics_hourly_mv
        WHERE customer_id = {customer_id:UUID} AND service_id = {service_id:UUID}
    )
SELECT
    if(requests = 0, NULL, round(latency, 3)) AS avg_latency_ms,
    if(requests = 0, NULL, round(p95, 3)) AS p95_latency_ms,
    if(requests = 0, NULL, round(p99, 3)) AS p99_latency_ms,
    if(requests = 0, NULL, round(throughput, 3)) AS avg_throughput,
    toFloat64(requests) AS total_requests,
    if(requests = 0, format('No request in the last {} hours.', toString({hours:UInt16})), format(
        '{} request(s) in the last {} hours: mean {} ms, p95 {} ms, p99 {} ms, {} tokens/s.',
        toString(requests), toString({hours:UInt16}), toString(assumeNotNull(avg_latency_ms)),
        toString(assumeNotNull(p95_latency_ms)), toString(assumeNotNull(p99_latency_ms)),
        toString(assumeNotNull(avg_throughput)))) AS summary,
    multiIf(
        requests > 8192, 'Above 8,192 requests the percentiles are those of a sample.',
        requests > 0, NULL,
        newest IS NULL, 'There are no requests of this customer and service.',
        concat('The newest are of the hour ', formatDateTime(assumeNotNull(newest), '%FT%TZ'), '.')) AS note
FROM served, history
