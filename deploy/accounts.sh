#!/usr/bin/env bash
# Runs config/clickhouse/accounts.sql on the ClickHouse of compose.yaml, inside ClickHouse's own image. The server is
# given hashes of the passwords, never the passwords.
set -euo pipefail

sha256_of() {
  local password
  password=$(<"/run/secrets/$1")
  [ -n "$password" ] || { echo "the secret $1 is empty: run ./make_secrets.sh" >&2; return 1; }
  printf %s "$password" | sha256sum | cut -d ' ' -f 1
}

reader=$(sha256_of reader_password)
writer=$(sha256_of writer_password)
migrator=$(sha256_of migrator_password)
CLICKHOUSE_PASSWORD=$(</run/secrets/admin_password)
export CLICKHOUSE_PASSWORD
clickhouse-client --host clickhouse --user admin --multiquery --param_reader_sha256="$reader" \
  --param_writer_sha256="$writer" --param_migrator_sha256="$migrator" </accounts.sql
echo 'the accounts are as accounts.sql says'
