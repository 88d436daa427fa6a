#!/usr/bin/env bash
# Runs each fuzz target, or those named, for FUZZ_SECONDS (600). What it learns stays in build/fuzz/corpus; an input that
# breaks a target is left in build/fuzz/found: mend the code, then add the input to tests/fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${FUZZ_SECONDS:-600}
targets=${*:-messages http lines reply connection gate jwt jwks headers config}

max_len() { case $1 in lines) echo 2048 ;; reply | connection) echo 4096 ;; *) echo 16384 ;; esac; }
dictionary() {
  case $1 in
    reply | connection) echo http.dict ;;
    jwt | jwks | headers) echo auth.dict ;;
    config) echo config.dict ;;
    *) echo mcp.dict ;;
  esac
}

mkdir -p build/fuzz/found
broken=()
# Freed memory that AddressSanitizer keeps would hide growth.
export ASAN_OPTIONS=quarantine_size_mb=16
for target in $targets; do
  echo "$target: $seconds s …"
  mkdir -p "build/fuzz/corpus/$target"
  build/fuzz/${target}_fuzz -max_total_time="$seconds" -max_len="$(max_len "$target")" -rss_limit_mb=512 -timeout=120 \
    -detect_leaks=1 -print_final_stats=1 -dict="tests/fuzz/$(dictionary "$target")" \
    -artifact_prefix="build/fuzz/found/$target-" "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" \
    >"build/fuzz/$target.log" 2>&1 || broken+=("$target")
  grep -E 'DONE|stat::(number_of_executed_units|peak_rss_mb)|SUMMARY|^broken' "build/fuzz/$target.log" || true
done
[ ${#broken[@]} -eq 0 ] || { echo "broken: ${broken[*]}; see build/fuzz/*.log and build/fuzz/found"; exit 1; }
