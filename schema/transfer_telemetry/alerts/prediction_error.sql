-- Predictions of the last hour off by more than 25 % of the actual throughput, all in all; 10 of them. value: percent.
SELECT
    toString(agent_id) AS agent_id,
    round(100 * sum(absolute_error_sum) / sum(actual_sum), 1) AS value
FROM transfer_telemetry.tcp_telemetry_minute
WHERE minute > now('UTC') - toIntervalHour(1)
GROUP BY agent_id
HAVING value > 25 AND sum(compared_count) >= 10
ORDER BY value DESC
