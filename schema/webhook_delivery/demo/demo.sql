-- Sample data, dated relative to now and otherwise always the same: variety comes from hashes of row numbers.
-- 1,500 events of the last 7 days; each goes to one endpoint of four. The last endpoint has been failing for a day.

INSERT INTO events
    (id, chain_id, block_number, block_hash, transaction_hash, transaction_index, log_index, address, topic0, topic1,
     topic2, topic3, data, ingested_at, created_at)
WITH
    (text, n) -> '0x' || lower(hex(SHA256(concat(text, toString(n))))) AS hash,
    (text, n) -> concat('0x', repeat('0', 24), lower(hex(substring(SHA256(concat(text, toString(n))), 1, 20)))) AS word,
    now64(3, 'UTC') - toIntervalSecond(60 + number * 403) AS taken
SELECT
    reinterpretAsUUID(sipHash128('event', number)),
    [1, 42161][1 + number % 2],
    21000000 - intDiv(number * 403, 12),
    hash('block', intDiv(number, 2)),
    hash('transaction', number),
    cityHash64('place', number) % 200,
    cityHash64('log', number) % 400,
    '0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48',
    '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef',
    word('from', number % 40),
    word('to', number % 60),
    NULL,
    concat('0x', leftPad(lower(hex(cityHash64('amount', number) % 100000000000)), 64, '0')),
    taken,
    taken
FROM numbers(1500);

-- First attempts as they begin, then every attempt with its outcome. The newest three are pending still.
INSERT INTO delivery_attempts
    (id, event_id, endpoint_id, user_id, attempt_number, status, created_at, updated_at)
WITH now64(3, 'UTC') - toIntervalSecond(59 + number * 403) AS begun
SELECT
    reinterpretAsUUID(sipHash128(format('attempt {} 1', toString(number)))),
    reinterpretAsUUID(sipHash128('event', number)),
    reinterpretAsUUID(sipHash128('endpoint', number % 4)),
    reinterpretAsUUID(sipHash128('user', intDiv(number % 4, 2))),
    1,
    'pending',
    begun,
    begun
FROM numbers(1500);

INSERT INTO delivery_attempts
    (id, event_id, endpoint_id, user_id, attempt_number, status, http_status_code, response_time_ms, error_message,
     created_at, updated_at)
WITH
    -- An attempt's created_at is the same in its versions: taken from what is stored.
    (SELECT max(created_at) FROM delivery_attempts) AS newest,
    3 + intDiv(number, 3) AS event,
    1 + number % 3 AS attempt,
    event % 4 AS endpoint,
    -- Given by the event and the attempt, so that a later attempt knows whether it is needed.
    (n, try) -> (n % 4 = 3 AND n * 403 < 86400) OR cityHash64(format('fails {} {}', toString(n), toString(try))) % 12 = 0 AS fails,
    fails(event, attempt) AS failed_now,
    if(failed_now, [503, 500, 0][1 + cityHash64('code', event, attempt) % 3], 200) AS code,
    60 + 45 * endpoint + cityHash64('wait', event, attempt) % 120 AS answer_ms
SELECT
    reinterpretAsUUID(sipHash128(format('attempt {} {}', toString(event), toString(attempt)))),
    reinterpretAsUUID(sipHash128('event', event)),
    reinterpretAsUUID(sipHash128('endpoint', endpoint)),
    reinterpretAsUUID(sipHash128('user', intDiv(endpoint, 2))),
    attempt,
    multiIf(NOT failed_now, 'success', attempt = 3, 'expired', 'failed'),
    if(code = 0, NULL, code),
    if(code = 0, NULL, answer_ms),
    multiIf(NOT failed_now, NULL, code = 0, 'no answer within 30 s', concat('HTTP ', toString(code))),
    -- A minute after the first attempt, and another after the second.
    newest - toIntervalSecond(event * 403 - 60 * (attempt - 1)) AS begun,
    begun + toIntervalMillisecond(if(code = 0, 30000, answer_ms))
FROM numbers(3 * 1497)
WHERE attempt = 1 OR (attempt = 2 AND fails(event, 1)) OR (attempt = 3 AND fails(event, 1) AND fails(event, 2));
