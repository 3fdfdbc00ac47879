# syntax=docker/dockerfile:1
# Builds every program: docker build --target operator|blog|portal .
# The images contain one static program, the certificate authorities and the names of two users, no shell. hack/images
# writes these files, here and for `make images`.

ARG VERSION=dev
ARG REVISION=unknown

# The programs are compiled for other architectures, but never under emulation.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
WORKDIR /src
COPY . .
ARG TARGETARCH
ARG VERSION
ARG REVISION
# One step for all programs: most packages belong to each of them, and the images share the result.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    go build -C hack/images -o /usr/local/bin/images . && \
    images --folders --output /out --architectures "${TARGETARCH:-$(go env GOARCH)}" --version "$VERSION" --revision "$REVISION" operator blog portal

FROM scratch AS base
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/echoblogs/echoblogs" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
WORKDIR /
# In numbers, because Kubernetes cannot verify runAsNonRoot for a name.
USER 65532:65532

FROM base AS blog
LABEL org.opencontainers.image.title="EchoBlogs blog" \
      org.opencontainers.image.description="Server of all blogs, which finds the tenant of a request by its host name"
COPY --from=build /out/blog/ /
ENTRYPOINT ["/blog"]
CMD ["run"]

FROM base AS portal
LABEL org.opencontainers.image.title="EchoBlogs portal" \
      org.opencontainers.image.description="Public site, where people sign up and manage their blogs"
COPY --from=build /out/portal/ /
ENTRYPOINT ["/portal"]
CMD ["run"]

# The last stage is the default target.
FROM base AS operator
LABEL org.opencontainers.image.title="EchoBlogs operator" \
      org.opencontainers.image.description="Kubernetes operator that runs tenants with a PostgreSQL schema each"
COPY --from=build /out/operator/ /
ENTRYPOINT ["/operator"]
CMD ["run"]
