-- Sample data, dated relative to now and otherwise always the same: variety comes from hashes of row numbers. One customer
-- with twelve instances and two services; it is busier by day than by night.

INSERT INTO cost_metrics_ts
    (timestamp, customer_id, cloud_provider, service_name, instance_id, instance_type, region, cost_per_hour,
     utilization_percent, is_spot, is_reserved)
WITH
    now('UTC') AS present,
    number % 12 AS instance,
    toStartOfHour(present) - toIntervalHour(intDiv(number, 12)) AS at
SELECT
    at,
    toUUID('123e4567-e89b-12d3-a456-426614174000'),
    ['aws', 'gcp', 'azure'][1 + intDiv(instance, 6) + intDiv(instance, 10)] AS provider,
    multiIf(provider = 'aws', 'ec2', provider = 'gcp', 'compute-engine', 'vm'),
    concat('i-', toString(1234567 + instance)),
    multiIf(instance < 2, 'p4d.24xlarge', provider = 'aws', 'm5.xlarge', provider = 'gcp', 'n1-standard-4', 'D4s_v5'),
    multiIf(provider = 'aws', 'us-east-1', provider = 'gcp', 'us-central1', 'westeurope'),
    multiIf(instance < 2, 32.7726, instance IN (4, 8), 0.0672, 0.192),
    if(instance = 11, NULL, round(if(instance = 3, 4, 35 + 25 * sin(2 * pi() * (toHour(at) - 8) / 24))
        + cityHash64('utilization', number) % 100 / 10, 1)),
    instance IN (4, 8),
    instance IN (0, 6)
FROM numbers(12 * 24 * 30);

INSERT INTO performance_metrics_ts
    (timestamp, customer_id, service_id, service_type, model_name, request_id, latency_ms, throughput_tokens_per_sec,
     gpu_utilization, kv_cache_utilization, batch_size, prompt_tokens, completion_tokens, total_tokens)
WITH
    now('UTC') AS present,
    number % 3 = 2 AS second,
    present - toIntervalSecond(120 + 200 * number) AS at,
    1 + cityHash64('batch', number) % 16 AS batch,
    64 + cityHash64('prompt', number) % 1900 AS prompt,
    16 + cityHash64('completion', number) % 500 AS completion,
    30 + 60 / batch + (cityHash64('speed', number) % 200) / 10 AS speed
SELECT
    at,
    toUUID('123e4567-e89b-12d3-a456-426614174000'),
    if(second, toUUID('567e8901-e89b-12d3-a456-426614174000'), toUUID('456e7890-e89b-12d3-a456-426614174000')),
    if(second, 'tgi', 'vllm'),
    if(second, 'mistral-7b', 'llama-2-70b'),
    reinterpretAsUUID(sipHash128('request', number)),
    round(40 + prompt / 20 + 1000 * completion / speed / if(second, 4, 1), 1),
    round(speed * if(second, 4, 1), 1),
    round(50 + 2.5 * batch + cityHash64('gpu', number) % 80 / 10, 1),
    if(second, NULL, round(10 + 4 * batch + prompt / 100, 1)),
    batch,
    prompt,
    completion,
    prompt + completion
FROM numbers(6000);

INSERT INTO resource_metrics_ts
    (timestamp, customer_id, instance_id, instance_type, gpu_index, gpu_utilization, gpu_memory_used_mb,
     gpu_memory_total_mb, gpu_temperature, cpu_utilization, memory_used_gb, memory_total_gb, network_rx_mbps,
     network_tx_mbps)
WITH
    toStartOfMinute(now('UTC')) AS present,
    number % 5 AS place,
    place < 4 AS has_gpu,
    intDiv(number, 5) AS minute,
    55 + 20 * sin(minute / 240) AS level
SELECT
    present - toIntervalMinute(minute),
    toUUID('123e4567-e89b-12d3-a456-426614174000'),
    if(has_gpu, 'i-1234567', 'i-1234570'),
    if(has_gpu, 'p4d.24xlarge', 'm5.xlarge'),
    if(has_gpu, place, NULL),
    if(has_gpu, round(level + cityHash64('gpu', number) % 200 / 10, 1), NULL),
    if(has_gpu, 24000 + cityHash64('memory', number) % 9000, NULL),
    if(has_gpu, 40960, NULL),
    if(has_gpu, round(45 + level / 4, 1), NULL),
    if(has_gpu, round(level / 3 + cityHash64('cpu', minute) % 100 / 10, 1), 4),
    if(has_gpu, 410.5, 6.5),
    if(has_gpu, 1152, 16),
    round(level * 8, 1),
    round(level * 3, 1)
FROM numbers(5 * 60 * 24);

INSERT INTO quality_metrics_ts
    (timestamp, customer_id, service_id, request_id, model_name, relevance_score, coherence_score, factuality_score,
     hallucination_detected, toxicity_score, overall_quality_score, prompt_hash, latency_ms)
WITH
    cityHash64('quality', request_id) AS dice,
    round(0.8 + dice % 190 / 1000, 3) AS relevance,
    round(0.85 + intDiv(dice, 1000) % 140 / 1000, 3) AS coherence,
    if(dice % 5 = 0, NULL, round(0.7 + intDiv(dice, 7) % 290 / 1000, 3)) AS factuality
SELECT
    timestamp,
    customer_id,
    service_id,
    request_id,
    model_name,
    relevance,
    coherence,
    factuality,
    dice % 40 = 0,
    round(dice % 30 / 1000, 3),
    round(0.4 * relevance + 0.2 * coherence + 0.4 * ifNull(factuality, relevance), 3),
    hex(dice % 500),
    round(latency_ms)
FROM performance_metrics_ts
WHERE dice % 4 = 0;
