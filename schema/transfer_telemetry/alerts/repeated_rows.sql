-- The same agent, transfer and time more than once in the last day. value: rows too many.
SELECT toString(agent_id) AS agent_id, sum(found - 1) AS value
FROM
(
    SELECT agent_id, count() AS found
    FROM transfer_telemetry.tcp_telemetry
    WHERE timestamp > now('UTC') - toIntervalDay(1)
    GROUP BY agent_id, transfer_id, timestamp
    HAVING found > 1
)
GROUP BY agent_id
ORDER BY value DESC
