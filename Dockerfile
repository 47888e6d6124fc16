# The bot, in two stages: a builder with a C compiler for SQLite, and a small
# image with one binary, one user without rights and one volume.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=1 go build -tags goolm -trimpath -ldflags='-s -w' -o /out/handrail ./cmd/handrail \
    && install -d -m 0700 /out/data

FROM debian:12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin handrail
COPY --from=build /out/handrail /usr/local/bin/handrail
COPY --from=build --chown=10001:10001 /out/data /data
USER 10001:10001
WORKDIR /data
# /data holds config.yaml, the secret files (mode 0400), the store and the
# encryption state. Keep the master key's backup elsewhere.
VOLUME ["/data"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/handrail"]
CMD ["run", "-c", "/data/config.yaml"]
