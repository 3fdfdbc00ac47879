#!/usr/bin/env bash
# Prints the packages whose tests are worth running with the race detector: all but those that run whole programs, which are
# other processes, built without it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

programs=$(go list -test -f '{{if .ForTest}}{{.ForTest}} {{join .Deps " "}}{{end}}' ./... |
	awk '/(^| )github.com\/echoblogs\/echoblogs\/(test\/testkit\/stack|hack\/dev)( |$)/ { print $1 }' | sort -u)
comm -23 <(go list ./... | sort) <(echo "$programs")
