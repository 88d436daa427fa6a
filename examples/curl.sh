#!/usr/bin/env bash
# Calls a running `chimera-mcp serve --http` with curl: first in a session, then in one request without any.
#   examples/curl.sh [URL]
set -euo pipefail
url=${1:-http://127.0.0.1:8080/mcp}
headers=$(mktemp)
trap 'rm -f "$headers"' EXIT

post() { # post BODY [curl arguments …]
  local body=$1
  shift
  curl --silent --show-error --fail-with-body "$url" -H 'Content-Type: application/json' \
    -H 'Accept: application/json, text/event-stream' "$@" --data "$body"
}

echo 'A session: initialize answers with the header Mcp-Session-Id, which every later request repeats.'
post '{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25",
  "capabilities": {}, "clientInfo": {"name": "curl", "version": "1"}}}' --dump-header "$headers"
echo
session=$(tr -d '\r' <"$headers" | sed -n 's/^mcp-session-id: //Ip')
in_session=(-H "Mcp-Session-Id: $session" -H 'MCP-Protocol-Version: 2025-11-25')
post '{"jsonrpc": "2.0", "method": "notifications/initialized"}' "${in_session[@]}"
post '{"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "get.correlation_data",
  "arguments": {"days": 30}}}' "${in_session[@]}"
echo
curl --silent --show-error --output /dev/null -X DELETE "$url" "${in_session[@]}"

echo 'Without a session: the request itself names the protocol version.'
post '{"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "query",
  "arguments": {"sql": "SELECT model, count() AS runs FROM bench_runs GROUP BY model ORDER BY model"},
  "_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {}}}}' \
  -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/call' -H 'Mcp-Name: query'
echo
