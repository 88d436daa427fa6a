CREATE TABLE IF NOT EXISTS ingest_manifests
(
    batch FixedString(32) COMMENT 'Batch of buffered writes',
    dataset LowCardinality(String) COMMENT 'Dataset of the table',
    table_name LowCardinality(String) COMMENT 'Table that the rows went to',
    partition String COMMENT 'UTC day of the rows; empty: the table has no partitions by day',
    rows UInt64 COMMENT 'Rows inserted',
    bytes UInt64 COMMENT 'Bytes of their JSON',
    schema_version String COMMENT 'Start of the SHA-256 of the columns names and types at that time',
    token FixedString(64) COMMENT 'insert_deduplication_token of the insert',
    first_position DateTime64(6, 'UTC') COMMENT 'When the first write of the batch was accepted',
    last_position DateTime64(6, 'UTC') COMMENT 'When the last one was',
    stored_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When the insert was done'
)
ENGINE = MergeTree
ORDER BY (table_name, token)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Inserts that buffered writes became; written by chimera-mcp';

CREATE TABLE IF NOT EXISTS ingest_watermarks
(
    dataset LowCardinality(String) COMMENT 'Dataset of the table',
    table_name LowCardinality(String) COMMENT 'Table',
    watermark DateTime64(6, 'UTC') COMMENT 'Buffered writes accepted until then are in the table',
    part String COMMENT 'Partition of the latest insert',
    revision String COMMENT 'schema_version of the latest insert',
    promoted_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When the watermark was reached'
)
ENGINE = ReplacingMergeTree(watermark)
ORDER BY (dataset, table_name)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'How far buffered writes have come; written by chimera-mcp';
