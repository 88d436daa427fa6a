-- Rows of the last hour, or of the future, with values that cannot be. value: rows of the agent.
SELECT toString(agent_id) AS agent_id, count() AS value
FROM transfer_telemetry.tcp_telemetry
WHERE timestamp > now('UTC') - toIntervalHour(1)
    AND (timestamp > now('UTC') + toIntervalMinute(1)
        OR NOT (packet_loss_rate BETWEEN 0 AND 1)
        OR NOT (cpu_usage BETWEEN 0 AND 100) OR NOT (memory_usage BETWEEN 0 AND 100)
        OR NOT (network_utilization BETWEEN 0 AND 100)
        OR NOT isFinite(bandwidth_mbps + latency_ms + jitter_ms + rtt_ms + throughput_mbps + disk_io_mbps)
        OR least(bandwidth_mbps, latency_ms, jitter_ms, rtt_ms, throughput_mbps, disk_io_mbps) < 0
        OR (bytes_transferred > 0 AND transfer_duration_ms = 0))
GROUP BY agent_id
ORDER BY value DESC
