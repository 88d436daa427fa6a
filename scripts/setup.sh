#!/usr/bin/env bash
# Installs what is missing to build and run chimera-mcp on Debian: packages by name, the header of cpp-httplib from a
# newer Debian suite's source package, and libchdb from the npm registry. Running it again changes nothing.
#   Elsewhere: install the packages below your own way, and tell CMake -DHttplib_INCLUDE_DIR=… ; CHIMERA_LIBCHDB=… names
#   libchdb.so at run time.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/packages.sh

readonly kHttplibMinor=41
readonly kLibchdb=26.7.3-stable.1

httplib_is_there() {
  local minor
  [ -f "$1/httplib.h" ] || return 1
  minor=$(sed -n 's/^#define CPPHTTPLIB_VERSION "0\.\([0-9]*\)\..*/\1/p' "$1/httplib.h")
  [ "${minor:-0}" -ge "$kHttplibMinor" ]
}

# The mirror and the keyring are the machine's own; the suite and the lists stay in a folder that is removed again.
fetch_httplib() {
  local work mirror
  echo "fetching the cpp-httplib header from Debian's source package …"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' RETURN
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/source"
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' |
    grep -v security | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
  [ -n "$mirror" ] || { echo "setup: apt has no Debian mirror configured; pass -DHttplib_INCLUDE_DIR to CMake" >&2; return 1; }
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror unstable main" >"$work/sources.list"
  # A mirror that lags is fine here: the index must be signed, and the version is checked below.
  local options=(-qq -o Acquire::Check-Valid-Until=false -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$work/source" && apt-get "${options[@]}" source --download-only cpp-httplib && tar xf ./*.orig.tar.*)
  mkdir -p third_party/cpp-httplib
  cp "$(find "$work/source" -name httplib.h | head -n 1)" third_party/cpp-httplib/httplib.h
  httplib_is_there third_party/cpp-httplib || { echo "setup: the suite's cpp-httplib is older than 0.$kHttplibMinor" >&2; return 1; }
}

# npm checks the archive against the registry's own digest.
fetch_libchdb() {
  local work arch
  case "$(uname -m)" in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) echo "setup: libchdb is not published for $(uname -m); set CH_HOST to use a ClickHouse of yours" >&2; return 0 ;;
  esac
  command -v npm >/dev/null || install_packages npm
  echo "fetching libchdb $kLibchdb from the npm registry (180 MB) …"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' RETURN
  (cd "$work" && npm pack --silent "@chdb/lib-linux-$arch-gnu@$kLibchdb" >/dev/null && tar xf ./*.tgz package/libchdb.so)
  mkdir -p third_party/chdb
  mv "$work/package/libchdb.so" third_party/chdb/libchdb.so
  echo "$kLibchdb" >third_party/chdb/version
}

libchdb_is_there() {
  [ -n "${CHIMERA_LIBCHDB:-}" ] && return 0
  [ -f third_party/chdb/libchdb.so ] && [ "$(cat third_party/chdb/version 2>/dev/null)" = "$kLibchdb" ]
}

mkdir -p build
install_packages g++ make cmake ninja-build libssl-dev zlib1g-dev libzstd-dev libsqlite3-dev libhiredis-dev nlohmann-json3-dev libspdlog-dev prometheus-cpp-dev libsimdjson-dev \
  libboost-dev libcli11-dev xz-utils ca-certificates debian-archive-keyring
httplib_is_there "${HTTPLIB_INCLUDE_DIR:-third_party/cpp-httplib}" || fetch_httplib
libchdb_is_there || fetch_libchdb
