#!/usr/bin/env bash
# Runs test files with the Node that package.json brings, which is newer than Debian's: run.sh [FILE …]
#   CHIMERA_MCP_BIN names another binary than build/release/chimera-mcp.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# By its folder: npm 9 makes no link for it in .bin.
for node in "$here"/node_modules/node-linux-*/bin; do PATH="$node:$PATH"; done
export PATH="$here/node_modules/.bin:$PATH"
[ $# -gt 0 ] || set -- "$here"/*.test.mjs "$here"/*/*.test.mjs
exec node --test --test-reporter=spec "$@"
