#!/usr/bin/env bash
# Runs test files with the Node that package.json brings, which is newer than Debian's: run.sh [FILE …]
#   CHIMERA_MCP_BIN names another binary than build/release/chimera-mcp.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export PATH="$here/node_modules/.bin:$PATH"
[ $# -gt 0 ] || set -- "$here"/*.test.mjs "$here"/*/*.test.mjs
exec node --test --test-reporter=spec "$@"
