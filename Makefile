# For people. Each target does what it needs before; all of them can be run again.
HTTP ?= 127.0.0.1:8080

# Ninja's progress line belongs on a terminal; elsewhere it would be a line a file.
QUIET := $(if $(MAKE_TERMOUT),,-- --quiet)

.PHONY: setup setup-dev build run test conformance asan tsan fuzz bench soak lint format docker-check clean security-fuzz

setup:  ## install what is missing to build and run
	@scripts/setup.sh

setup-dev: setup  ## install what tests and lint need besides
	@scripts/setup_dev.sh

build: setup  ## build/release/chimera-mcp
	@cmake --preset release -DBUILD_TESTING=OFF >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@echo "building …"
	@cmake --build --preset release --target chimera-mcp $(QUIET)

run: build  ## MCP at http://127.0.0.1:8080/mcp on the embedded ClickHouse, with sample data
	@build/release/chimera-mcp serve --http $(HTTP) --demo --hints

test: setup-dev  ## everything, on the release build
	@cmake --preset release -DBUILD_TESTING=ON >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@echo "building …"
	@cmake --build --preset release $(QUIET)
	@ctest --preset release

conformance: setup-dev  ## the official conformance suite alone; the last lines count what passed
	@cmake --preset release -DBUILD_TESTING=ON >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@echo "building …"
	@cmake --build --preset release --target chimera-mcp conformance-server $(QUIET)
	@PATH="$$(echo $$PWD/tests/e2e/node_modules/node-linux-*/bin):$$PATH" node tests/e2e/conformance.test.mjs

# What runs without libchdb, which the sanitizers cannot load. TSan wants less address space randomization than newer
# kernels give.
SANITIZED := base_test http_test sql_test clickhouse_test mcp_test transcript_test wire_test
asan tsan: setup-dev  ## the unit and wire tests under AddressSanitizer and UBSan, or under ThreadSanitizer
	@cmake --preset $@ -DBUILD_TESTING=ON >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@cmake --build --preset $@ --target $(SANITIZED) $(QUIET)
	@cd build/$@ && setarch -R ctest --output-on-failure --no-tests=error -R "^($(subst $() ,|,$(strip $(SANITIZED))))$$"

FUZZERS := messages http lines reply connection gate jwt jwks headers config
SECONDS ?= $(or $(FUZZ_SECONDS),600)
fuzz: setup-dev  ## libFuzzer on every parser that faces a client or the database: SECONDS=600 each, FUZZERS="jwt jwks" or all
	@cmake --preset fuzz -DBUILD_TESTING=ON >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@cmake --build --preset fuzz --target $(FUZZERS:=_fuzz) $(QUIET)
	@FUZZ_SECONDS=$(SECONDS) scripts/fuzz.sh $(FUZZERS)

bench: build setup-dev  ## the figures of docs/performance.md
	@cmake --build --preset release --target gate-bench $(QUIET)
	@node bench/run.mjs

soak: build setup-dev  ## the tests of faults in their long form: 1,000 calls over 20 kills, 100 inserts over cuts, buffered writes over 50 kills and a minute without a database
	@cd tests/e2e && CHIMERA_SOAK=1 ./run.sh restarts.test.mjs cut_inserts.test.mjs faults.test.mjs failover.test.mjs buffer_faults.test.mjs

FUZZ_STATEMENTS := 1000000
security-fuzz: setup-dev  ## the read gate against the engine's parser on a million mutated statements
	@cmake --preset release -DBUILD_TESTING=ON >build/configure.log 2>&1 || { cat build/configure.log; exit 1; }
	@cmake --build --preset release --target security-fuzz $(QUIET)
	@build/release/security-fuzz $(FUZZ_STATEMENTS)

lint: setup-dev  ## formatting, clang-tidy, warnings as errors
	@scripts/lint.sh

format: setup-dev  ## rewrite the sources as clang-format wants them
	@scripts/sources.sh | xargs clang-format-16 -i

docker-check:  ## build both images without a Docker engine and run them (Debian, root)
	@scripts/docker_check.sh

clean:
	@rm -rf build
