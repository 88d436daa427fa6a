#!/usr/bin/env bash
# Makes the passwords that compose.yaml hands to its containers as files, each once. The folder is yours alone; the files
# in it are readable, because the containers' users are others than you.
set -euo pipefail
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
for account in admin reader writer migrator; do
  file=secrets/${account}_password
  [ -s "$file" ] || head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$file"
  chmod 444 "$file"
done
