-- Mean throughput of the last 15 minutes at least 50 % below that of the 24 hours before; 10 rows each. value: percent.
SELECT
    toString(agent_id) AS agent_id,
    round(100 * (1 - avgMergeIf(throughput, is_new) / avgMergeIf(throughput, NOT is_new)), 1) AS value
FROM
(
    SELECT agent_id, transfer_count, throughput, minute > now('UTC') - toIntervalMinute(15) AS is_new
    FROM transfer_telemetry.tcp_telemetry_minute
    WHERE minute > now('UTC') - toIntervalMinute(15 + 24 * 60)
)
GROUP BY agent_id
HAVING value >= 50 AND sumIf(transfer_count, is_new) >= 10 AND sumIf(transfer_count, NOT is_new) >= 10
ORDER BY value DESC
