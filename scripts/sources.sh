#!/usr/bin/env bash
# Lists the C++ sources that git tracks or would track.
cd "$(dirname "$0")/.." && git ls-files --cached --others --exclude-standard '*.cpp' '*.h'
