# chimera-mcp in a container. `server` (the default) talks to a ClickHouse of yours; `full` brings one inside.
#
#   docker build --target server -t chimera-mcp .
#   docker build --target full   -t chimera-mcp:full .
#
# Everything comes from Debian's packages, which apt verifies by signature, and, for `full`, libchdb from npm, which npm
# verifies by digest. Behind a mirror: docs/deployment.md.
ARG BASE=docker.io/library/debian:bookworm-slim

# --- What it takes to build: changes with scripts/setup.sh only ---
FROM ${BASE} AS tools
WORKDIR /src
COPY scripts/packages.sh scripts/setup.sh scripts/
# A name for libchdb that setup.sh takes for an answer, so that it is not fetched here.
RUN CHIMERA_LIBCHDB=elsewhere scripts/setup.sh && rm -rf /var/lib/apt/lists/*

# --- The embedded engine: half a gigabyte that changes with its version only ---
FROM tools AS library
ARG NPM_CONFIG_REGISTRY
RUN --mount=type=secret,id=ca \
    if [ -f /run/secrets/ca ]; then export NODE_EXTRA_CA_CERTS=/run/secrets/ca; fi; \
    scripts/setup.sh && rm -rf /var/lib/apt/lists/*

# --- The program, and the names of the packages that its shared libraries come from ---
FROM tools AS build
ARG JOBS
COPY . .
RUN cmake --preset release -DBUILD_TESTING=OFF \
    && cmake --build --preset release --target chimera-mcp ${JOBS:+--parallel ${JOBS}} \
    && DESTDIR=/out cmake --install build/release --prefix /usr/local --strip \
    && objdump -p /out/usr/local/bin/chimera-mcp | awk '$1 == "NEEDED" {print "*/" $2}' \
       | xargs dpkg-query --search | cut -d : -f 1 | sort -u > /packages

# --- What both images share ---
FROM ${BASE} AS runtime
# Copied, not mounted: some builders do not see that a mounted file has changed.
COPY --from=build /packages /usr/local/share/chimera-mcp/packages
RUN apt-get -qq update \
    && apt-get -qq install -y --no-install-recommends ca-certificates $(cat /usr/local/share/chimera-mcp/packages) >/dev/null \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/* \
    && groupadd --gid 10001 chimera \
    && useradd --uid 10001 --gid chimera --no-create-home --home-dir /var/lib/chimera-mcp --shell /usr/sbin/nologin chimera \
    && install -d -o chimera -g chimera -m 0700 /var/lib/chimera-mcp
COPY --from=build /out/usr/local/bin/chimera-mcp /usr/local/bin/chimera-mcp
# Stops here when a library is missing.
RUN ["/usr/local/bin/chimera-mcp", "--version"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="chimera-mcp" \
      org.opencontainers.image.description="A Model Context Protocol server for ClickHouse" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001:10001
WORKDIR /
EXPOSE 8080
STOPSIGNAL SIGTERM
# Alive, not ready: a database that is away must not have the container restarted. The image has no curl.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 CMD ["bash", "-c", \
    "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /healthz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["/usr/local/bin/chimera-mcp"]
# Needs CHIMERA_TOKENS_FILE, or another way to say who may call (docs/authorization.md).
CMD ["serve", "--http", "0.0.0.0:8080"]

# --- The embedded engine inside; its data belong on a volume ---
FROM runtime AS full
COPY --from=library /src/third_party/chdb/libchdb.so /usr/local/lib/chimera-mcp/libchdb.so
ENV CHIMERA_DATA_DIR=/var/lib/chimera-mcp
VOLUME /var/lib/chimera-mcp

# --- A ClickHouse of yours: needs CH_HOST ---
FROM runtime AS server
