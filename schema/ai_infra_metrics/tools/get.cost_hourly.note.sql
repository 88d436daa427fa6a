WITH
    ifNull({end_date:Nullable(DateTime64(6, 'UTC'))}, now64(6, 'UTC')) AS window_end,
    ifNull({start_date:Nullable(DateTime64(6, 'UTC'))}, window_end - toIntervalDay(7)) AS window_start,
    history AS
    (
        SELECT
            if(count() = 0, NULL, min(hour)) AS oldest,
            if(count() = 0, NULL, max(hour)) AS newest,
            arrayStringConcat(arraySort(groupUniqArray(20)(toString(cloud_provider))), ', ') AS providers
        FROM cost_metrics_hourly_mv
        WHERE customer_id = {customer_id:UUID}
    )
SELECT multiIf(
    newest IS NULL, 'There are no costs of this customer.',
    window_start >= window_end, 'start_date must be before end_date.',
    concat(
        'No cost', ifNull(' of provider ' || {cloud_provider:Nullable(String)}, ''), ' in the window; this customer has hours from ',
        formatDateTime(assumeNotNull(oldest), '%FT%TZ'), ' to ', formatDateTime(assumeNotNull(newest), '%FT%TZ'), ', of ',
        providers, '.')) AS note
FROM history
