#!/usr/bin/env bash
# Fails when the blog depends on Kubernetes, even by way of other packages. The
# linter's rules (.golangci.yml) see only what a file itself imports.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

found=$(go list -deps ./cmd/blog | grep -E '^(sigs\.)?k8s\.io/|^github\.com/echoblogs/echoblogs/(api|controllers)' || true)
if [[ -n $found ]]; then
	echo "cmd/blog must not depend on Kubernetes, but does on:" >&2
	echo "$found" >&2
	exit 1
fi
