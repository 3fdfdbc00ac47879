# syntax=docker/dockerfile:1
# One file for every program: docker build --target operator|blog|portal .
# The images hold one static program and the certificate authorities, no shell.

FROM golang:1.26 AS build
WORKDIR /src
ENV CGO_ENABLED=0

# The modules are a layer of their own, fetched again only when they change.
COPY go.mod go.sum ./
RUN go mod download

COPY . .
ARG TARGETOS
ARG TARGETARCH
RUN GOOS=${TARGETOS:-linux} GOARCH=${TARGETARCH} \
    go build -trimpath -buildvcs=false -ldflags="-s -w" -o /out/ ./cmd/operator ./cmd/blog ./cmd/portal

FROM scratch AS base
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# A number, because Kubernetes checks runAsNonRoot before it can read a user's name.
USER 65532:65532

FROM base AS blog
COPY --from=build /out/blog /blog
ENTRYPOINT ["/blog"]
CMD ["run"]

FROM base AS portal
COPY --from=build /out/portal /portal
ENTRYPOINT ["/portal"]
CMD ["run"]

# The last stage is what is built when no target is named.
FROM base AS operator
COPY --from=build /out/operator /operator
ENTRYPOINT ["/operator"]
CMD ["run"]
