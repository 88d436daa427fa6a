#!/usr/bin/env bash
# Formatting, then the dev preset (warnings are errors), then clang-tidy over its compile commands.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/check_format.sh
cmake --preset dev >/dev/null
cmake --build --preset dev -- --quiet
scripts/sources.sh | grep '\.cpp$' | xargs -P "$(nproc)" -n 4 clang-tidy-16 --quiet \
  --extra-arg=-Wno-unknown-warning-option --extra-arg=-Qunused-arguments -p build/dev  # the commands are GCC's
