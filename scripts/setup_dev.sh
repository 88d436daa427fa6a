#!/usr/bin/env bash
# Installs what the tests and the linters need besides scripts/setup.sh. Running it again changes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh

install_packages libgtest-dev clang-format-16 clang-tidy-16 clang-16 libclang-rt-16-dev python3 curl openssl clickhouse-server redis-server
command -v node >/dev/null || install_packages nodejs
command -v npm >/dev/null || install_packages npm

cd tests/e2e
if [ ! -f node_modules/.installed ] || [ package-lock.json -nt node_modules/.installed ]; then
  echo "installing the tests' npm packages …"
  npm ci --silent --no-audit --no-fund
  touch node_modules/.installed
fi
