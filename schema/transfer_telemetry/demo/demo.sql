-- Sample data, dated relative to now and otherwise always the same: variety comes from hashes of row numbers.
-- Three agents over two days, a row every 5 minutes each. Evenings are slow; optimized transfers are about 12 % faster,
-- which the model expects; agent-iad-1 loses packets and is predicted badly. The rollup fills itself.

INSERT INTO tcp_telemetry
    (timestamp, agent_id, transfer_id, project_id, bandwidth_mbps, latency_ms, packet_loss_rate, jitter_ms, rtt_ms,
     throughput_mbps, bytes_transferred, transfer_duration_ms, chunk_size, concurrent_connections, cpu_usage,
     memory_usage, disk_io_mbps, network_utilization, predicted_throughput, actual_throughput, optimization_applied,
     improvement_percent)
WITH
    intDiv(number, 3) AS step,
    number % 3 AS agent,
    now64(3, 'UTC') - toIntervalMinute(5 * step) - toIntervalSecond(20 + 7 * agent) AS at,
    (salt -> (cityHash64(salt, number) % 1000) / 1000) AS dice,
    [940., 480., 220.][agent + 1] AS link,
    1 - 0.3 * exp(-pow((toHour(at) - 20) / 3, 2)) AS quiet,
    multiIf(dice('optimize') >= 0.55, '', dice('kind') < 0.6, 'chunk_tuning', 'parallel_streams') AS method,
    multiIf(method = '', 1., method = 'chunk_tuning', 1.1, 1.15) AS boost,
    if(agent = 2, 0.004, 0.0004) * (0.5 + dice('loss')) AS loss,
    round(link * quiet * (0.72 + 0.06 * dice('speed')) * boost * (1 - 20 * loss), 2) AS speed,
    round([12., 31., 84.][agent + 1] * (1.4 - 0.4 * quiet) * (0.95 + 0.1 * dice('latency')), 2) AS latency,
    67108864 * (1 + cityHash64('bytes', number) % 16) AS bytes,
    round(link * quiet * 0.75 * boost * if(agent = 2, 1.05, 0.99), 2) AS expected
SELECT
    at,
    ['agent-fra-1', 'agent-lhr-1', 'agent-iad-1'][agent + 1],
    lower(hex(sipHash64('transfer', number))),
    ['backup', 'media'][1 + cityHash64('project', number) % 2],
    round(link * (0.97 + 0.03 * dice('link')), 2),
    latency,
    loss,
    round(latency * (0.05 + 0.1 * dice('jitter')), 2),
    round(2.05 * latency, 2),
    speed,
    bytes,
    round(bytes * 8 / 1000 / speed),
    if(method = 'chunk_tuning', 4194304, 1048576),
    if(method = 'parallel_streams', 16, 4),
    round(25 + 40 * dice('cpu'), 1),
    round(45 + 20 * dice('memory'), 1),
    round(speed * (0.6 + 0.3 * dice('disk')), 1),
    round(100 * speed / link, 1),
    if(method = '', NULL, expected),
    if(method = '', NULL, speed),
    method,
    if(method = '', NULL, round(100 * (boost - 1) * (0.8 + 0.4 * dice('gain')), 1))
FROM numbers(3 * 2 * 288);

INSERT INTO ml_model_performance
    (timestamp, model_name, model_version, prediction_accuracy, mae, rmse, r2_score, training_samples, inference_time_ms)
WITH number AS week
SELECT
    now64(3, 'UTC') - toIntervalDay(7 * week) - toIntervalHour(2),
    ['throughput_xgboost', 'throughput_linear'][1 + week % 2],
    concat('1.', toString(6 - intDiv(week, 2)), '.0'),
    round(0.94 - 0.01 * week - 0.08 * (week % 2), 3),
    round(15 + 1.1 * week + 14 * (week % 2), 2),
    round(22 + 1.6 * week + 19 * (week % 2), 2),
    round(0.91 - 0.012 * week - 0.1 * (week % 2), 3),
    400000 - 30000 * week,
    round(if(week % 2 = 0, 1.9, 0.2) + 0.02 * week, 2)
FROM numbers(12);
