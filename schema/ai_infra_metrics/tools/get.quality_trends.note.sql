WITH history AS
(
    SELECT if(count() = 0, NULL, max(hour)) AS newest
    FROM quality_metrics_hourly_mv
    WHERE customer_id = {customer_id:UUID} AND service_id = {service_id:UUID}
)
SELECT if(
    newest IS NULL,
    'There are no judged requests of this customer and service.',
    concat('No judged request in the last ', toString({hours:UInt16}), ' hours; the newest are of the hour ',
        formatDateTime(assumeNotNull(newest), '%FT%TZ'), '.')) AS note
FROM history
