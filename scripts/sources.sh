#!/usr/bin/env bash
# Lists the C++ sources: those that git tracks or would track, or where there is no git, all but what builds leave behind.
cd "$(dirname "$0")/.." || exit 1
git ls-files --cached --others --exclude-standard '*.cpp' '*.h' 2>/dev/null ||
  find . \( -name build -o -name third_party -o -name node_modules \) -prune -o \( -name '*.cpp' -o -name '*.h' \) -print
