-- 160,000 events a day for 30 days. Identifiers and hashes are random, as they are in life; wallets, contracts and chains
-- are not equally busy; of 20 events 12 are transfers, 4 swaps, 3 of single tokens, 1 an approval.
INSERT INTO events
WITH
    {newest:DateTime64(3, 'UTC')} - toIntervalDay(30) AS first,
    (seed, n) -> cityHash64(seed, n) AS h,
    (text, n) -> '0x' || lower(hex(SHA256(concat(text, toString(n))))) AS hash32,
    -- Some wallets and contracts are in many events: u to the fourth power.
    (seed, n, many) -> toUInt64(many * pow((h(seed, n) % 1000000) / 1000000, 4)) AS skewed,
    (text, n) -> concat('0x', repeat('0', 24), lower(hex(substring(SHA256(concat(text, toString(n))), 1, 20)))) AS wallet,
    multiIf(number % 20 < 12, 0, number % 20 < 16, 1, number % 20 < 19, 2, 3) AS kind,
    intDiv(number, 7) AS block
SELECT
    reinterpretAsUUID(sipHash128('event', number)),
    [1, 42161, 8453, 137, 10][1 + skewed('chain', block, 5)],
    21000000 + block,
    hash32('block', block),
    hash32('transaction', intDiv(number, 2)),
    intDiv(number, 2) % 300,
    number % 700,
    concat('0x', lower(hex(substring(SHA256(concat('contract', toString(skewed('contract', number, 500)))), 1, 20)))),
    hash32('signature', kind),
    wallet('wallet', skewed('from', number, 200000)),
    if(kind = 3, NULL, wallet('wallet', skewed('to', number, 200000))),
    if(kind = 2, concat('0x', leftPad(lower(hex(h('token', number) % 10000)), 64, '0')), NULL),
    multiIf(
        kind = 2, '0x',
        kind = 1, concat('0x', arrayStringConcat(arrayMap(i -> leftPad(lower(hex(h('swap' || toString(i), number))), 64, '0'), range(4)))),
        concat('0x', leftPad(lower(hex(h('amount', number))), 64, '0'))),
    first + toIntervalMillisecond(toUInt64(number * 540)) AS taken,
    taken
FROM numbers(4800000)
