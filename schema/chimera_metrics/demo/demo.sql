-- Sample data, dated relative to now and otherwise always the same: variety comes from hashes of row numbers.
-- One daily factor, load(days ago), drives the benchmarks and the sessions, each with noise of its own, so that hearts
-- and packs correlate over the days.

INSERT INTO bench_runs
    (ts, run_id, commit_sha, model, quant, dataset, latency_p50_ms, latency_p95_ms, latency_p99_ms, tokens_per_sec,
     cost_per_1k, memory_peak_mb)
WITH
    (days_ago -> 1 + 0.14 * sin(0.9 * days_ago) - 0.004 * days_ago) AS load,
    now64(3, 'UTC') AS present,
    -- Two minutes ago, but never yesterday: every day of the last 31 has one run.
    least(120, dateDiff('second', toStartOfDay(present), present) / 2) AS age,
    2480 * load(number) * (0.97 + 0.06 * (cityHash64('bench', number) % 1000) / 1000) AS p95
SELECT
    present - toIntervalMillisecond(1000 * age) - toIntervalDay(number),
    reinterpretAsUUID(sipHash128('bench run', number)),
    lower(hex(SHA1(concat('banterhearts ', toString(intDiv(number, 3)))))),
    ['llama3.1:8b-instruct-q4_0', 'mistral:7b-instruct-q4_0', 'llama3.1:8b-instruct-q8_0'][1 + number % 3] AS name,
    extract(name, 'q[48]_0'),
    ['prompt_suite', 'game_events'][1 + intDiv(number, 3) % 2],
    round(p95 * 0.93),
    round(p95),
    round(p95 * 1.05),
    round(790000 / p95, 1),
    toDecimal64(0.00001 * p95 + 0.000001 * (cityHash64('cost', number) % 3000), 6),
    [5120, 4630, 8870][1 + number % 3] + cityHash64('memory', number) % 160
FROM numbers(31);

INSERT INTO session_stats
    (hour, session_id, avg_latency_ms, error_rate, abandonment_rate, events_count, duration_seconds)
WITH
    (days_ago -> 1 + 0.14 * sin(0.9 * days_ago) - 0.004 * days_ago) AS load,
    now('UTC') AS present,
    toStartOfHour(present) - toIntervalHour(number) AS start,
    dateDiff('day', start, present) AS days_ago,
    load(days_ago) + 0.16 * ((cityHash64('day', days_ago) % 1000) / 1000 - 0.5) AS pressure,
    (cityHash64('hour', number) % 1000) / 1000 AS noise
SELECT
    start,
    reinterpretAsUUID(sipHash128('session', intDiv(number, 2))),
    round(620 * pressure + 24 * (noise - 0.5)),
    round(0.028 * pressure * (0.8 + 0.4 * noise), 4),
    round(0.065 * pressure * (0.85 + 0.3 * noise), 4),
    8 + cityHash64('events', number) % 40,
    600 + cityHash64('duration', number) % 2900
FROM numbers(31 * 24);

INSERT INTO ui_events
    (ts, session_id, commit_sha, event_type, latency_ms, user_agent, metadata)
WITH
    now64(3, 'UTC') AS present,
    -- 4 minutes to 30 days ago, denser towards now.
    240000 + toUInt64(2591000000 * pow(number / 1243, 1.4)) AS age,
    cityHash64('ui', number) % 1000 AS dice,
    multiIf(dice < 40, 'error', dice < 330, 'overlay_open', dice < 720, 'query_submit', dice < 930, 'response_shown',
            'overlay_close') AS kind
SELECT
    present - toIntervalMillisecond(age),
    reinterpretAsUUID(sipHash128('session', intDiv(number, 9))),
    lower(hex(SHA1(concat('banterpacks ', toString(intDiv(age, 432000000)))))),
    kind,
    multiIf(kind = 'query_submit', 380 + cityHash64('submit', number) % 520, kind = 'error',
            1500 + cityHash64('wait', number) % 3500, 15 + cityHash64('paint', number) % 70),
    ['Banterpacks/1.4 (Windows)', 'Banterpacks/1.4 (Linux)', 'Banterpacks/1.3 (Windows)']
        [1 + cityHash64('agent', intDiv(number, 9)) % 3],
    concat('{"game_type":"', ['rpg', 'action', 'mmo'][1 + cityHash64('game', intDiv(number, 9)) % 3], '"}')
FROM numbers(1243);

INSERT INTO llm_events
    (ts, run_id, source, model, operation, tokens_in, tokens_out, latency_ms, cost_usd, status, error_msg)
WITH
    now64(3, 'UTC') AS present,
    multiIf(number % 20 = 13, 'timeout', number = 25, 'failure', 'success') AS outcome,
    180 + cityHash64('in', number) % 900 AS prompt,
    if(outcome = 'success', 90 + cityHash64('out', number) % 420, 0) AS completion
SELECT
    present - toIntervalMinute(9 + 690 * number),
    -- The second call drafted the episode below.
    reinterpretAsUUID(if(number = 1, sipHash128('episode', 1), sipHash128('llm run', intDiv(number, 2)))),
    ['banterhearts', 'council', 'banterpacks'][1 + number % 3] AS caller,
    multiIf(caller = 'council', 'llama3.1:8b-instruct-q8_0', intDiv(number, 3) % 2 = 0, 'llama3.1:8b-instruct-q4_0',
            'mistral:7b-instruct-q4_0'),
    multiIf(caller = 'council', 'episode_draft', caller = 'banterhearts', 'benchmark_prompt', 'banter_reply'),
    prompt,
    completion,
    if(outcome = 'timeout', 30000, 420 + 6 * completion + cityHash64('latency', number) % 300),
    toDecimal64(0.00001 * prompt + 0.00003 * completion, 6),
    outcome,
    multiIf(outcome = 'timeout', 'no answer within 30 s', outcome = 'failure', 'model is not loaded', '')
FROM numbers(60);

INSERT INTO watcher_runs
    (ts, run_id, hearts_commit, packs_commit, hearts_rows_found, packs_rows_found, lag_seconds, status, duration_ms)
WITH
    now64(3, 'UTC') AS present,
    multiIf(number % 19 = 11, 'lag_exceeded', number = 40, 'missing_packs', 'valid') AS verdict
SELECT
    present - toIntervalMinute(3 + 360 * number),
    reinterpretAsUUID(sipHash128('watcher', number)),
    lower(hex(SHA1(concat('banterhearts ', toString(intDiv(number, 12)))))),
    lower(hex(SHA1(concat('banterpacks ', toString(intDiv(number, 20)))))),
    1 + cityHash64('hearts', number) % 3,
    if(verdict = 'missing_packs', 0, 40 + cityHash64('packs', number) % 200),
    if(verdict = 'lag_exceeded', 5500, 40) + cityHash64('lag', number) % 220,
    verdict,
    60 + cityHash64('duration', number) % 90
FROM numbers(60);

INSERT INTO episodes
    (ts, run_id, series, episode_num, title, confidence_score, correlation_strength, tokens_total, cost_total, status,
     file_path, commit_sha)
SELECT
    now64(3, 'UTC') - toIntervalMinute(690),
    reinterpretAsUUID(sipHash128('episode', 1)),
    'banterpacks',
    1,
    'Performance Optimization Insights',
    0.85,
    0.72,
    344,
    toDecimal64('0.010335', 6),
    'published',
    '../Banterblogs/posts/banterpacks/ep-001.md',
    lower(hex(SHA1('banterpacks 0')));

INSERT INTO deployments
    (ts, run_id, episode_run_id, status, vercel_deployment_id, url, duration_ms)
SELECT
    now64(3, 'UTC') - toIntervalMinute(680),
    reinterpretAsUUID(sipHash128('deployment', 1)),
    reinterpretAsUUID(sipHash128('episode', 1)),
    'ready',
    'dpl_8xK2mQ4vTzW1',
    'https://banterblogs.vercel.app/banterpacks/ep-001',
    41200;
