ALTER TABLE ingest_manifests MODIFY TTL toDateTime(stored_at) + INTERVAL 30 DAY;
