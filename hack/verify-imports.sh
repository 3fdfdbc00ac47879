#!/usr/bin/env bash
# Fails if the blog depends on Kubernetes, even indirectly. The rules of the linter
# (.golangci.yml) apply to direct imports only.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

found=$(go list -deps ./cmd/blog | grep -E '^(sigs\.)?k8s\.io/|^github\.com/echoblogs/echoblogs/(api|controllers)' || true)
if [[ -n $found ]]; then
	echo "cmd/blog must not depend on Kubernetes, but does on:" >&2
	echo "$found" >&2
	exit 1
fi
