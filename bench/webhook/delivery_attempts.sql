-- Every event goes to one webhook of 400 (of 100 users), every fourth to a second one: 6M first attempts. Of every 8th event
-- the first attempt fails, of half of these the second, too: 900,000 further attempts.
INSERT INTO delivery_attempts
WITH
    {newest:DateTime64(3, 'UTC')} - toIntervalDay(30) AS first,
    (seed, n) -> cityHash64(seed, n) AS h,
    multiIf(number < 4800000, number, number < 6000000, 4 * (number - 4800000), number < 6600000, 8 * (number - 6000000) + 3,
            16 * (number - 6600000) + 3) AS event,
    multiIf(number < 6000000, 1, number < 6600000, 2, 3) AS attempt,
    toUInt64(400 * pow((h('endpoint' || if(number >= 4800000 AND number < 6000000, '2', ''), event) % 1000000) / 1000000, 2)) AS endpoint,
    (attempt = 1 AND number < 4800000 AND event % 8 = 3) OR (attempt = 2 AND event % 16 = 3) OR h('late', number) % 50 = 0 AS fails,
    multiIf(NOT fails, 'success', attempt = 3, 'expired', 'failed') AS outcome,
    if(fails, [500, 502, 503, 429, 0][1 + h('code', number) % 5], 200) AS code,
    toUInt32(if(code = 0, 30000, 20 + 40 * exp(3 * pow((h('response', number) % 1000000) / 1000000, 2)) + h('jitter', number) % 25)) AS response
SELECT
    reinterpretAsUUID(sipHash128('attempt', number)),
    reinterpretAsUUID(sipHash128('event', event)),
    reinterpretAsUUID(sipHash128('endpoint', endpoint)),
    reinterpretAsUUID(sipHash128('user', intDiv(endpoint, 4))),
    attempt,
    outcome,
    if(code = 0, NULL, code),
    if(code = 0, NULL, response),
    multiIf(NOT fails, NULL, code = 0, 'no answer within 30 s', concat('HTTP ', toString(code), ': upstream request ', lower(hex(h('request', number))), ' failed')),
    first + toIntervalMillisecond(toUInt64(event * 540) + 150 + h('queue', number) % 2000 + 60000 * (attempt - 1) * (attempt - 1)) AS begun,
    begun + toIntervalMillisecond(response)
FROM numbers(6900000)
