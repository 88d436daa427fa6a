-- Events, the attempts to deliver them, and statistics of the attempts. Daily partitions; no TTL: rows stay until
-- somebody decides otherwise (90 days for events and 30 for attempts are usual). All times have a zone, so that days and
-- hours do not depend on the server's.
-- LZ4 cannot shorten random hexadecimal digits, ZSTD halves them; times and block numbers shrink as differences.
-- Plain MergeTree remembers no inserted blocks by default: the window is what makes a repeated insert a no-op.

CREATE TABLE IF NOT EXISTS events
(
    id                UUID                      COMMENT 'One event',
    chain_id          UInt32                    COMMENT 'Chain by its EIP-155 number, e.g. 1 Ethereum, 42161 Arbitrum One',
    block_number      UInt64                    COMMENT 'Block that holds it' CODEC(Delta, ZSTD),
    block_hash        FixedString(66)           COMMENT 'Hash of the block' CODEC(ZSTD),
    transaction_hash  FixedString(66)           COMMENT 'Hash of the transaction' CODEC(ZSTD),
    transaction_index UInt32                    COMMENT 'Place of the transaction in its block, from 0',
    log_index         UInt32                    COMMENT 'Place of the log entry in its block, from 0',
    address           FixedString(42)           COMMENT 'Contract that logged it, in lower case' CODEC(ZSTD),
    topic0            Nullable(FixedString(66)) COMMENT 'Hash of the signature; NULL for anonymous events' CODEC(ZSTD),
    topic1            Nullable(FixedString(66)) COMMENT 'First indexed argument; NULL without' CODEC(ZSTD),
    topic2            Nullable(FixedString(66)) COMMENT 'Second indexed argument; NULL without' CODEC(ZSTD),
    topic3            Nullable(FixedString(66)) COMMENT 'Third indexed argument; NULL without' CODEC(ZSTD),
    data              String                    COMMENT 'Arguments that are not indexed, 0x and hex digits' CODEC(ZSTD),
    ingested_at       DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When it was taken in, UTC' CODEC(Delta, ZSTD),
    created_at        DateTime('UTC') DEFAULT now('UTC')           COMMENT 'When its record was made, UTC' CODEC(Delta, ZSTD)
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(ingested_at)
ORDER BY (chain_id, ingested_at, id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Blockchain events taken in for delivery, one row an event; an event never changes.';

-- Replacing: an attempt is stored when it begins and again with its outcome. created_at is part of its place, so it must
-- be the same in every version; the newest updated_at counts.
CREATE TABLE IF NOT EXISTS delivery_attempts
(
    id               UUID                 COMMENT 'One attempt',
    event_id         UUID                 COMMENT 'The event delivered: events.id',
    endpoint_id      UUID                 COMMENT 'The webhook it was sent to',
    user_id          UUID                 COMMENT 'Who owns the webhook',
    attempt_number   UInt8                COMMENT 'Attempts at this event and webhook up to this one, from 1',
    status           Enum8('pending' = 0, 'success' = 1, 'failed' = 2, 'expired' = 3)
        COMMENT 'pending until the outcome; failed may be tried again, expired is given up',
    http_status_code Nullable(UInt16)     COMMENT 'What the webhook answered; NULL without an answer',
    response_time_ms Nullable(UInt32)     COMMENT 'Time until that answer, ms; NULL without one',
    error_message    Nullable(String)     COMMENT 'Why it failed; NULL otherwise' CODEC(ZSTD),
    created_at       DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
        COMMENT 'When the attempt began, UTC; the same in all its versions' CODEC(Delta, ZSTD),
    updated_at       DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')
        COMMENT 'When this version was written, UTC' CODEC(Delta, ZSTD)
)
ENGINE = ReplacingMergeTree(updated_at)
PARTITION BY toYYYYMMDD(created_at)
ORDER BY (user_id, created_at, id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Attempts to deliver an event to a webhook: one row each time an attempt reaches a status. Replacing: read with FINAL.';

-- Aggregate states, because a SummingMergeTree would add up minima and maxima of two inserts. attempts is a set of ids
-- (as hashes), not a number: a version, a batch sent twice, or one that overlaps another changes no count. A status only
-- moves forward (pending, failed, expired, success), so an attempt that is in several sets counts in the last of them.
CREATE TABLE IF NOT EXISTS delivery_stats
(
    user_id           UUID COMMENT 'Who owns the webhook',
    endpoint_id       UUID COMMENT 'The webhook',
    date              Date COMMENT 'UTC day on which the attempts began',
    status            Enum8('pending' = 0, 'success' = 1, 'failed' = 2, 'expired' = 3) COMMENT 'A status that they reached',
    attempts          AggregateFunction(uniqExact, UInt64)         COMMENT 'Attempts: uniqExactMerge' CODEC(ZSTD),
    avg_response_time AggregateFunction(avg, Nullable(UInt32))     COMMENT 'Mean time until an answer, ms: avgMerge',
    min_response_time AggregateFunction(min, Nullable(UInt32))     COMMENT 'Shortest time until an answer, ms: minMerge',
    max_response_time AggregateFunction(max, Nullable(UInt32))     COMMENT 'Longest time until an answer, ms: maxMerge'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(date)
ORDER BY (user_id, endpoint_id, date, status)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Attempts by webhook, day and every status they reached, as aggregate states; filled by delivery_stats_mv.';

-- Without POPULATE, which loses what is written meanwhile; sets of ids can be filled later, twice if need be.
CREATE MATERIALIZED VIEW IF NOT EXISTS delivery_stats_mv TO delivery_stats AS
SELECT
    user_id,
    endpoint_id,
    toDate(created_at) AS date,
    status,
    uniqExactState(cityHash64(id)) AS attempts,
    avgState(response_time_ms) AS avg_response_time,
    minState(response_time_ms) AS min_response_time,
    maxState(response_time_ms) AS max_response_time
FROM delivery_attempts
GROUP BY user_id, endpoint_id, date, status;
