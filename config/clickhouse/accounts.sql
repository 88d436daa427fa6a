-- The accounts of chimera-mcp on a ClickHouse of yours, each with the least that it needs. Run it as an administrator
-- (access_management), with the SHA-256 of each password; running it again sets everything back to what stands here:
--
--   hash() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }
--   clickhouse-client --multiquery --param_reader_sha256="$(hash "$READER_PASSWORD")" \
--     --param_writer_sha256="$(hash "$WRITER_PASSWORD")" --param_migrator_sha256="$(hash "$MIGRATOR_PASSWORD")" \
--     < accounts.sql
--
-- A hash that was forgotten stops the script (`Substitution … is not set`), one that is none does too. Use long random
-- passwords: a plain hash of a weak one can be guessed by whoever reads the server's access storage.
--
--   CH_USERNAME=chimera_reader        every read of `serve`
--   CH_WRITE_USERNAME=chimera_writer  the insert.* tools; leave it out for a server that must not write
--   CH_USERNAME=chimera_migrator      for the one command `schema apply`

-- 1. Settings --------------------------------------------------------------------------------------------------------

-- What keeps the reader from writing is that nothing is granted below but SELECT; chimera-mcp sends readonly=1 with each
-- read besides. readonly = 1 in the profile would add no lock to these two, and would take away limits, cancellation by
-- time and exact NaN: an account at readonly=1 may not set anything, and so neither what a read should cost at most.
CREATE SETTINGS PROFILE OR REPLACE chimera_reader SETTINGS
    -- 0 would mean unlimited, hence MIN.
    max_execution_time = 30 MIN 1 MAX 300,
    max_memory_usage = 4294967296 CONST,
    max_concurrent_queries_for_user = 50 CONST,
    max_threads MAX 64,
    allow_ddl = 0 CONST,
    allow_introspection_functions = 0 CONST;

CREATE SETTINGS PROFILE OR REPLACE chimera_writer SETTINGS
    max_execution_time = 60 MIN 1 MAX 300,
    max_memory_usage = 4294967296 CONST,
    max_concurrent_queries_for_user = 50 CONST,
    -- What makes a repeated insert store nothing twice; an asynchronous one would answer before it is stored.
    insert_deduplicate = 1 CONST,
    deduplicate_blocks_in_dependent_materialized_views = 1 CONST,
    async_insert = 0 CONST;

CREATE SETTINGS PROFILE OR REPLACE chimera_migrator SETTINGS
    max_memory_usage = 4294967296 CONST,
    max_concurrent_queries_for_user = 10 CONST;

-- 2. Users -----------------------------------------------------------------------------------------------------------

-- HOST IP '10.0.0.0/8' instead of HOST ANY keeps them to your network.
CREATE USER OR REPLACE chimera_reader IDENTIFIED WITH sha256_hash BY {reader_sha256:String}
    HOST ANY DEFAULT DATABASE chimera_metrics SETTINGS PROFILE 'chimera_reader';
CREATE USER OR REPLACE chimera_writer IDENTIFIED WITH sha256_hash BY {writer_sha256:String}
    HOST ANY DEFAULT DATABASE chimera_metrics SETTINGS PROFILE 'chimera_writer';
CREATE USER OR REPLACE chimera_migrator IDENTIFIED WITH sha256_hash BY {migrator_sha256:String}
    HOST ANY DEFAULT DATABASE chimera_metrics SETTINGS PROFILE 'chimera_migrator';

-- 3. Grants ----------------------------------------------------------------------------------------------------------

-- The reader: the data, and the system tables that describe data. No INSERT, no DDL, no dictionary, and none of the
-- sources (FILE, URL, REMOTE, S3, …): table functions that reach outside are refused here as well as by the gate.
GRANT SELECT ON chimera_metrics.* TO chimera_reader;
GRANT SELECT ON system.one TO chimera_reader;
GRANT SELECT ON system.numbers TO chimera_reader;
GRANT SELECT ON system.tables TO chimera_reader;
GRANT SELECT ON system.columns TO chimera_reader;
GRANT SELECT ON system.databases TO chimera_reader;
GRANT SELECT ON system.parts TO chimera_reader;
GRANT SELECT ON system.functions TO chimera_reader;
GRANT SELECT ON system.table_functions TO chimera_reader;
GRANT SELECT ON system.data_type_families TO chimera_reader;
GRANT SELECT ON system.settings TO chimera_reader;
GRANT SELECT ON system.merges TO chimera_reader;
GRANT SELECT ON system.mutations TO chimera_reader;
GRANT SELECT ON system.disks TO chimera_reader;
GRANT SELECT ON system.clusters TO chimera_reader;
GRANT SELECT ON system.build_options TO chimera_reader;
GRANT SELECT ON system.time_zones TO chimera_reader;
GRANT SELECT ON information_schema.* TO chimera_reader;
-- KILL QUERY of its own queries reads these, and so does progress. The gate keeps the table from agents; whoever has
-- the password sees which statements run.
GRANT SELECT(query_id, user, query, elapsed, read_rows, read_bytes, total_rows_approx) ON system.processes
    TO chimera_reader;

-- The writer: rows in, nothing out. What was stored is checked by the reader.
GRANT INSERT ON chimera_metrics.* TO chimera_writer;
GRANT SELECT ON system.settings TO chimera_writer;
GRANT SELECT(query_id, user, query) ON system.processes TO chimera_writer;

-- The migrator: creates and extends, and cannot drop, truncate or delete. SELECT and INSERT are for its own record
-- (schema_migrations), for backfills, and for materialized views, which run with the rights of who created them.
GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, SELECT, INSERT ON chimera_metrics.* TO chimera_migrator;
GRANT ALTER ADD COLUMN, ALTER MODIFY COLUMN, ALTER COMMENT COLUMN, ALTER INDEX, ALTER TTL, ALTER SETTINGS,
    ALTER MODIFY COMMENT, ALTER VIEW ON chimera_metrics.* TO chimera_migrator;
GRANT TABLE ENGINE ON MergeTree TO chimera_migrator;
GRANT TABLE ENGINE ON ReplacingMergeTree TO chimera_migrator;
GRANT TABLE ENGINE ON SummingMergeTree TO chimera_migrator;
GRANT TABLE ENGINE ON AggregatingMergeTree TO chimera_migrator;
GRANT SELECT ON system.tables TO chimera_migrator;
GRANT SELECT ON system.columns TO chimera_migrator;
GRANT SELECT ON system.settings TO chimera_migrator;
GRANT SELECT ON system.parts TO chimera_migrator;
GRANT SELECT ON system.data_skipping_indices TO chimera_migrator;
GRANT SELECT ON system.projections TO chimera_migrator;
GRANT SELECT ON system.backups TO chimera_migrator;
-- For `schema backup`: GRANT BACKUP ON chimera_metrics.* TO chimera_migrator;
-- `schema diff` and `verify` compare with a database of their own; for them, and where ClickHouse knows such names (24.10):
-- GRANT CREATE DATABASE, DROP DATABASE, CREATE TABLE, CREATE VIEW, SELECT, INSERT ON `chimera_diff_*`.* TO chimera_migrator;

-- The further datasets. Take the dashes away before the lines of those that CHIMERA_DATASETS names:
-- GRANT SELECT ON ai_infra_metrics.* TO chimera_reader;
-- GRANT INSERT ON ai_infra_metrics.* TO chimera_writer;
-- GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, SELECT, INSERT ON ai_infra_metrics.* TO chimera_migrator;
-- GRANT ALTER ADD COLUMN, ALTER MODIFY COLUMN, ALTER COMMENT COLUMN, ALTER INDEX, ALTER TTL, ALTER SETTINGS,
--     ALTER MODIFY COMMENT, ALTER VIEW ON ai_infra_metrics.* TO chimera_migrator;
-- GRANT SELECT ON transfer_telemetry.* TO chimera_reader;
-- GRANT INSERT ON transfer_telemetry.* TO chimera_writer;
-- GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, SELECT, INSERT ON transfer_telemetry.* TO chimera_migrator;
-- GRANT ALTER ADD COLUMN, ALTER MODIFY COLUMN, ALTER COMMENT COLUMN, ALTER INDEX, ALTER TTL, ALTER SETTINGS,
--     ALTER MODIFY COMMENT, ALTER VIEW ON transfer_telemetry.* TO chimera_migrator;
-- GRANT SELECT ON webhook_delivery.* TO chimera_reader;
-- GRANT INSERT ON webhook_delivery.* TO chimera_writer;
-- GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, SELECT, INSERT ON webhook_delivery.* TO chimera_migrator;
-- GRANT ALTER ADD COLUMN, ALTER MODIFY COLUMN, ALTER COMMENT COLUMN, ALTER INDEX, ALTER TTL, ALTER SETTINGS,
--     ALTER MODIFY COMMENT, ALTER VIEW ON webhook_delivery.* TO chimera_migrator;

-- 4. Quotas ----------------------------------------------------------------------------------------------------------

-- An hour of an agent that has lost its way, not of a busy one; raise them when error 201 shows up for good reasons.
CREATE QUOTA OR REPLACE chimera_reader KEYED BY user_name
    FOR INTERVAL 1 hour MAX queries = 100000, read_rows = 100000000000, execution_time = 14400
    TO chimera_reader;
CREATE QUOTA OR REPLACE chimera_writer KEYED BY user_name
    FOR INTERVAL 1 hour MAX queries = 100000, written_bytes = 100000000000
    TO chimera_writer;
