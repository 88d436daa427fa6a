-- Scores of one service by hour over the last {hours} UTC hours, the running one included; all its models together.
WITH
    toStartOfHour(now('UTC')) AS running,
    running - toIntervalHour({hours:UInt16}) AS before
SELECT
    hour,
    round(avgMerge(quality_metrics_hourly_mv.avg_quality), 4) AS avg_quality,
    round(avgMerge(quality_metrics_hourly_mv.avg_relevance), 4) AS avg_relevance,
    round(avgMerge(quality_metrics_hourly_mv.avg_coherence), 4) AS avg_coherence,
    round(avgMerge(quality_metrics_hourly_mv.avg_factuality), 4) AS avg_factuality,
    toFloat64(sum(hallucination_count)) AS hallucinations,
    toFloat64(sum(request_count)) AS total_requests
FROM quality_metrics_hourly_mv
WHERE customer_id = {customer_id:UUID}
    AND service_id = {service_id:UUID}
    AND hour > before
    AND hour <= running
GROUP BY hour
ORDER BY hour
