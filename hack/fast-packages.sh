#!/usr/bin/env bash
# Prints the packages below internal whose tests need no control plane, because nothing that they import starts one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

starts_control_plane='github.com/echoblogs/echoblogs/test/testkit/controlplane|sigs\.k8s\.io/controller-runtime/pkg/envtest'
slow=$(go list -test -f '{{if .ForTest}}{{.ForTest}} {{join .Deps " "}}{{end}}' ./internal/... |
	awk -v pattern=" ($starts_control_plane)( |\$)" '$0 ~ pattern { print $1 }' | sort -u)
comm -23 <(go list ./internal/... | sort) <(echo "$slow")
