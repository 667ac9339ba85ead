# The container: the program, the libraries that it is linked with, the certificate authorities, and
# nothing else. docs/CONTAINER.md says how to build, start and check it.
#
# Everything but the two FROM lines and Debian's packages is deploy/container/build, which the gate runs
# (tests/container/run); the last stage is the folder that it lays out.

ARG RUST_VERSION=1.95.0

FROM rust:${RUST_VERSION}-slim-bookworm AS builder
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates gcc libc6-dev \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY deploy/container/tools deploy/container/tools
RUN deploy/container/tools
COPY . .
RUN deploy/container/build /rootfs

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Osier" \
      org.opencontainers.image.description="A single-tenant MCP server for building operations" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=builder /rootfs/ /
# A volume of the audit record's, where one is mounted, is the only place that may be written.
COPY --from=builder --chown=65532:65532 /rootfs/var/lib/osier/ /var/lib/osier/
ENV OSIER_SERVER__LISTEN=0.0.0.0:8080
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
# For Docker and Podman; other orchestrators ask /livez and /readyz themselves.
HEALTHCHECK --interval=30s --timeout=6s --start-period=10s --retries=3 CMD ["/osier", "health"]
ENTRYPOINT ["/osier"]
CMD ["serve", "--config", "/etc/osier/osier.toml"]
