# syntax=docker/dockerfile:1
# Builds every program: docker build --target operator|blog|portal .
# The images contain one static program and the certificate authorities, no shell.

FROM golang:1.26 AS build
WORKDIR /src
ENV CGO_ENABLED=0

# Modules are a separate layer, which is rebuilt only when they change.
COPY go.mod go.sum ./
RUN go mod download

COPY . .
ARG TARGETOS
ARG TARGETARCH
RUN GOOS=${TARGETOS:-linux} GOARCH=${TARGETARCH} \
    go build -trimpath -buildvcs=false -ldflags="-s -w" -o /out/ ./cmd/operator ./cmd/blog ./cmd/portal

FROM scratch AS base
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# A numeric user ID, because Kubernetes cannot verify runAsNonRoot for a user name.
USER 65532:65532

FROM base AS blog
COPY --from=build /out/blog /blog
ENTRYPOINT ["/blog"]
CMD ["run"]

FROM base AS portal
COPY --from=build /out/portal /portal
ENTRYPOINT ["/portal"]
CMD ["run"]

# The last stage is the default target.
FROM base AS operator
COPY --from=build /out/operator /operator
ENTRYPOINT ["/operator"]
CMD ["run"]
