-- Load of one instance over the last {hours} UTC hours, the running one included.
WITH
    toStartOfHour(now('UTC')) AS running,
    running - toIntervalHour({hours:UInt16}) AS before,
    load AS
    (
        SELECT
            avgMerge(avg_gpu_util) AS gpu,
            maxMerge(max_gpu_util) AS gpu_peak,
            avgMerge(avg_gpu_memory) AS gpu_memory,
            avgMerge(avg_cpu_util) AS cpu,
            sum(resource_metrics_hourly_mv.sample_count) AS samples
        FROM resource_metrics_hourly_mv
        WHERE customer_id = {customer_id:UUID}
            AND instance_id = {instance_id:String}
            AND hour > before
            AND hour <= running
    ),
    history AS
    (
        SELECT if(count() = 0, NULL, max(hour)) AS newest
        FROM resource_metrics_hourly_mv
        WHERE customer_id = {customer_id:UUID} AND instance_id = {instance_id:String}
    )
SELECT
    round(gpu, 3) AS avg_gpu_utilization,
    round(toFloat64(gpu_peak), 3) AS max_gpu_utilization,
    round(gpu_memory, 3) AS avg_gpu_memory_mb,
    if(samples = 0, NULL, round(cpu, 3)) AS avg_cpu_utilization,
    toFloat64(samples) AS sample_count,
    if(samples = 0, format('No sample in the last {} hours.', toString({hours:UInt16})), format(
        '{} sample(s) in the last {} hours: CPU {} %, {}.',
        toString(samples), toString({hours:UInt16}), toString(assumeNotNull(avg_cpu_utilization)),
        if(gpu IS NULL, 'no GPU figures', format('GPU {} %, at most {} %, {} MB of its memory', toString(assumeNotNull(avg_gpu_utilization)),
            toString(assumeNotNull(max_gpu_utilization)), ifNull(toString(avg_gpu_memory_mb), 'unknown'))))) AS summary,
    multiIf(
        samples > 0, NULL,
        newest IS NULL, 'There are no samples of this customer and instance.',
        concat('The newest are of the hour ', formatDateTime(assumeNotNull(newest), '%FT%TZ'), '.')) AS note
FROM load, history
