#!/usr/bin/env bash
# Builds both images of the Dockerfile without a Docker engine and runs them as docs/deployment.md says: not root, no
# capabilities, a read-only root file system. Needs root and Debian; installs buildah and debootstrap. Not a test of the
# suite: it builds everything anew. What it makes stays below build/docker-check, so that the next run is quick.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly kBase=docker.io/library/debian:bookworm-slim
readonly kMaxAddedBytes=30000000
readonly kWork=$PWD/build/docker-check
readonly kUrl=http://127.0.0.1:8080
readonly kSelf=$PWD/scripts/docker_check.sh

fail() { echo "docker-check: $*" >&2; exit 1; }
passed() { printf '  %-52s %s\n' "$1" "${2:-}"; }
image_store() { nice -n 10 buildah --root "$kWork/storage" --runroot "$kWork/run" "$@"; }

# ---- Building --------------------------------------------------------------------------------------------------------

# The base image's name, filled from Debian itself: the mirror is the machine's own.
make_base() {
  local mirror container
  image_store inspect --type image "$kBase" >/dev/null 2>&1 && return
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' |
    grep -v security | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
  [ -n "$mirror" ] || fail "apt has no Debian mirror configured"
  echo "making $kBase …"
  rm -rf "$kWork/base"
  nice -n 10 debootstrap --variant=minbase bookworm "$kWork/base" "$mirror" >"$kWork/debootstrap.log" 2>&1 ||
    fail "debootstrap failed, see $kWork/debootstrap.log"
  rm -f "$kWork/base"/var/cache/apt/archives/*.deb
  container=$(image_store from scratch)
  image_store add -q "$container" "$kWork/base" / >/dev/null
  image_store commit -q --rm "$container" "$kBase" >/dev/null
  rm -rf "$kWork/base"
}

# The certificates that this machine's apt and npm trust, for a registry behind a proxy of its own.
certificates() {
  local CAINFO=
  eval "$(apt-config shell CAINFO Acquire::https::CAInfo)"
  for file in "$CAINFO" "${NODE_EXTRA_CA_CERTS:-}" /etc/ssl/certs/ca-certificates.crt; do
    if [ -f "$file" ]; then echo "$file" && return; fi
  done
}

build_image() {
  local registry=
  command -v npm >/dev/null && registry=$(npm config get registry 2>/dev/null)
  echo "building $1 …"
  image_store bud --isolation chroot --pull-never --format docker --layers --build-arg JOBS="$(nproc)" \
    ${registry:+--build-arg NPM_CONFIG_REGISTRY="$registry"} --secret id=ca,src="$(certificates)" \
    --build-arg REVISION="$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
    --target "$1" -t "chimera-mcp:$1" . >"$kWork/$1.log" 2>&1 || fail "the build failed, see $kWork/$1.log"
}

# Bytes of an image's layers, uncompressed.
layer_bytes() {
  rm -rf "$kWork/layers"
  image_store push -q "$1" "dir:$kWork/layers" >/dev/null
  jq '[.layers[].size] | add' "$kWork/layers/manifest.json"
  rm -rf "$kWork/layers"
}

check_size() {
  local added=$(($(layer_bytes chimera-mcp:server) - $(layer_bytes "$kBase")))
  [ "$added" -lt "$kMaxAddedBytes" ] || fail "server adds $added bytes to its base; the limit is $kMaxAddedBytes"
  passed 'server adds to its base' "$((added / 1000)) kB"
}

# ---- Running ---------------------------------------------------------------------------------------------------------

config_list() { image_store inspect --type image --format "{{range .Docker.Config.$2}}{{.}}{{\"\\n\"}}{{end}}" "$1"; }

# start NAME IMAGE DATA NAME=value… -- ARGUMENT…: runs the image's entry point as an engine would, in namespaces of its
# own, with the arguments in place of its CMD when there are any. DATA is a folder for its volume, or - for none: then
# there is no place at all that it could write to.
declare -A runner=()
start() {
  local name=$1 image=$2 data=$3 root user variables=() arguments=()
  shift 3
  mapfile -t variables < <(config_list "$image" Env)
  while [ "$1" != -- ]; do variables+=("$1") && shift; done
  shift
  mapfile -t arguments < <(config_list "$image" Entrypoint)
  if [ $# -gt 0 ]; then arguments+=("$@"); else mapfile -t -O "${#arguments[@]}" arguments < <(config_list "$image" Cmd); fi
  user=$(image_store inspect --type image --format '{{.Docker.Config.User}}' "$image")
  root=$(image_store mount "$(image_store from --pull-never "$image")")
  if [ "$data" != - ]; then mkdir -p "$data" && chown "$user" "$data"; fi
  started=$(date +%s%N)
  unshare --mount --pid --ipc --uts --fork --kill-child --propagation private "$kSelf" --inside \
    "$root" "$user" "$data" "${#variables[@]}" "${variables[@]}" "${arguments[@]}" >"$kWork/$name.out" 2>"$kWork/$name.err" &
  runner[$name]=$!
}

# The program, which is process 1 of its namespace.
program() { pgrep -P "${runner[$1]}" || fail "$1 is not running: $(cat "$kWork/$1.err")"; }

finish() {
  local code=0
  wait "${runner[$1]}" || code=$?
  unset "runner[$1]"
  [ "$code" -eq 0 ] || fail "$1 ended with exit code $code: $(tail -n 5 "$kWork/$1.err")"
}

# Inside the new namespaces: a read-only root with /proc and /dev, for a volume also a small /tmp, and the program as
# process 1.
inside() {
  local root=$1 user=$2 data=$3 count=$4
  shift 4
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  if [ "$data" != - ]; then
    mount -t tmpfs -o mode=1777,size=16m,nosuid,nodev tmpfs "$root/tmp"
    mount --bind "$data" "$root/var/lib/chimera-mcp"
  fi
  mount -o remount,bind,ro "$root"
  exec chroot "$root" setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups --no-new-privs \
    --inh-caps=-all --ambient-caps=-all --bounding-set=-all env -i "${@:1:count}" "${@:count+1}"
}

# Sends SIGTERM and waits; the milliseconds it took are in took.
stop() {
  local begin
  begin=$(date +%s%N)
  kill -TERM "$(program "$1")"
  finish "$1"
  took=$((($(date +%s%N) - begin) / 1000000))
}

stop_all() {
  for name in "${!runner[@]}"; do kill -KILL "${runner[$name]}" 2>/dev/null || true; done
  wait
  image_store rm -a >/dev/null 2>&1 || true
}

post() { curl -sS -X POST "$kUrl/mcp" -H 'Content-Type: application/json' -H "Mcp-Session-Id: ${session:-}" "$@"; }

# Opens a session as soon as the server answers.
connect() {
  local body='{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"docker-check","version":"1"}}}'
  session=
  for _ in $(seq 500); do
    session=$(post -D - -o /dev/null -d "$body" 2>/dev/null | tr -d '\r' | awk 'tolower($1) == "mcp-session-id:" {print $2}') ||
      true # it does not listen yet
    [ -z "$session" ] || break
    sleep 0.02
  done
  [ -n "$session" ] || fail "no answer at $kUrl: $(cat "$kWork"/*.err)"
  post -d '{"jsonrpc":"2.0","method":"notifications/initialized"}' >/dev/null
}

call() {  # call ID TOOL ARGUMENTS
  post -d "{\"jsonrpc\":\"2.0\",\"id\":$1,\"method\":\"tools/call\",\"params\":{\"name\":\"$2\",\"arguments\":$3}}"
}

expect() { grep -q -- "$2" <<<"$1" || fail "expected $2 in: ${1:0:500}"; }

# ---- What is checked -------------------------------------------------------------------------------------------------

check_start() {
  connect
  local tools
  tools=$(post -d '{"jsonrpc":"2.0","id":2,"method":"tools/list"}')
  local took=$((($(date +%s%N) - started) / 1000000))
  expect "$tools" '"query.trend"'
  [ "$took" -lt 1000 ] || fail "$1 answered tools/list only $took ms after its start"
  passed "$1 answers tools/list after its start within" "$took ms"
}

check_confinement() {
  local pid status
  pid=$(program "$1")
  status=/proc/$pid/status
  grep -q '^Uid:	10001	10001	10001	10001$' "$status" || fail "$1 does not run as 10001: $(grep Uid "$status")"
  grep -q '^CapEff:	0*$' "$status" || fail "$1 has capabilities"
  awk '$5 == "/" && $6 ~ /^ro/ {found = 1} END {exit !found}' "/proc/$pid/mountinfo" || fail "$1 can write its root"
  passed "$1 runs as 10001, no capabilities, read-only root"
}

check_health() {
  local probe enter
  enter=(nsenter -t "$(program "$1")" -m -p -r -w -S 10001 -G 10001 --)
  mapfile -t probe < <(config_list "chimera-mcp:$1" Healthcheck.Test)
  [ "${probe[0]:-}" = CMD ] || fail "$1 has no health check"
  "${enter[@]}" "${probe[@]:1}" || fail "the health check of $1 fails"
  # It must be able to fail: nothing listens at port 1.
  if "${enter[@]}" "${probe[@]:1:2}" "${probe[3]//8080/1}" 2>/dev/null; then
    fail "the health check of $1 passes where nothing listens"
  fi
  passed "$1's health check"
}

# One call that ends soon after SIGTERM, and one that would take a minute: both are answered, the second with an error.
check_stop() {
  call 10 query '{"sql":"SELECT sum(sleepEachRow(0.5)) AS slept FROM numbers(4) SETTINGS max_block_size = 1"}' >"$kWork/short" &
  local short=$!
  call 11 query '{"sql":"SELECT sum(sleepEachRow(1)) AS slept FROM numbers(60) SETTINGS max_block_size = 1","timeout_seconds":60}' >"$kWork/long" &
  local long=$!
  sleep 0.5
  stop "$1"
  wait "$short" || fail "the short call in flight was not answered"
  wait "$long" || fail "the long call in flight was not answered"
  expect "$(cat "$kWork/short")" '"isError":false'
  expect "$(cat "$kWork/long")" '"id":11,"error":'
  [ "$took" -lt 5000 ] || fail "$1 took $took ms to stop"
  passed "$1 answers calls in flight and stops after SIGTERM in" "$took ms"
}

check_contents() {
  local root
  root=$(image_store mount "$(image_store from --pull-never "chimera-mcp:$1")")
  for path in src run/secrets/ca root/.npmrc; do
    [ ! -e "$root/$path" ] || fail "/$path is in $1"
  done
  [ "$1" = full ] || ! find "$root" -xdev -name 'libchdb*' | grep -q . || fail "server holds the embedded engine"
}

# The network is this check's own.
kOpenToAll=(serve --http 0.0.0.0:8080 --insecure)

# As the image is started without a word about who may call.
check_refusal() {
  start closed chimera-mcp:server - "$@" --
  ! wait "${runner[closed]}" || fail "the image serves everybody without a token file"
  unset "runner[closed]"
  expect "$(cat "$kWork/closed.err")" CHIMERA_TOKENS_FILE
  passed 'server refuses to serve everybody'
}

# The full image's engine stands in for a ClickHouse of yours.
check_server() {
  local remote=(CH_HOST=127.0.0.1 CH_PORT=8123 CH_SECURE=false)
  start clickhouse chimera-mcp:full "$kWork/data/clickhouse" -- engine --data /var/lib/chimera-mcp --listen 127.0.0.1:8123
  for _ in $(seq 500); do if curl -sf http://127.0.0.1:8123/ping >/dev/null; then break; else sleep 0.02; fi; done
  start migrator chimera-mcp:server - "${remote[@]}" -- schema apply
  finish migrator
  check_refusal "${remote[@]}"
  start server chimera-mcp:server - "${remote[@]}" -- "${kOpenToAll[@]}"
  check_start server
  check_confinement server
  check_health server
  expect "$(call 3 list.tables '{}')" 'bench_runs'
  passed 'server reads the tables that schema apply made'
  check_stop server
  stop clickhouse
}

check_full() {
  start full chimera-mcp:full "$kWork/data/full" -- "${kOpenToAll[@]}"
  check_start full
  check_confinement full
  check_health full
  expect "$(call 4 query '{"sql":"SELECT version() AS version, count() AS runs FROM bench_runs"}')" '\[\["26\.'
  passed 'full answers a query on its embedded engine'
  stop full
  passed 'full stops after SIGTERM in' "$took ms"
}

# In a network of its own, so that the images' own port is free.
check_all() {
  ip link set lo up
  trap stop_all EXIT
  rm -rf "$kWork/data"
  check_size
  check_contents server
  check_contents full
  check_server
  check_full
}

case "${1:-}" in
  --inside) shift && inside "$@" ;;
  --check) check_all ;;
  *)
    [ "$(id -u)" -eq 0 ] || fail "needs root, for mounts and namespaces"
    mkdir -p "$kWork"
    . scripts/packages.sh
    install_packages buildah debootstrap curl jq iproute2 procps
    make_base
    build_image server
    build_image full
    unshare --net "$kSelf" --check
    ;;
esac
