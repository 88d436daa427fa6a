#!/usr/bin/env bash
# Fails where a source is not as clang-format wants it; `make format` mends that.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/sources.sh | xargs clang-format-16 --dry-run --Werror
