-- Agents that sent in the last 7 days, but nothing for 300 s since the end of their newest minute. value: seconds.
SELECT toString(agent_id) AS agent_id, dateDiff('second', max(minute) + 60, now('UTC')) AS value
FROM transfer_telemetry.tcp_telemetry_minute
WHERE minute > now('UTC') - toIntervalDay(7)
GROUP BY agent_id
HAVING value > 300
ORDER BY value DESC
