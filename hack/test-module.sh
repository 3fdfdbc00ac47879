#!/usr/bin/env bash
# Runs the tests of the Go module in the current folder, with the race detector. It is off for tests of whole programs:
# these are other processes, which are built without it. "make vet" checks what go test would check before each run.
set -euo pipefail

programs=$(go list -test -f '{{if .ForTest}}{{.ForTest}} {{join .Deps " "}}{{end}}' ./... |
	awk '/(^| )github.com\/echoblogs\/echoblogs\/(test\/testkit\/stack|hack\/dev)( |$)/ { print $1 }' | sort -u)
others=$(comm -23 <(go list ./... | sort) <(echo "$programs"))

status=0
if [[ -n $programs ]]; then
	# shellcheck disable=SC2086 # a list
	go test -timeout 20m -vet=off $programs || status=1
fi
if [[ -n $others ]]; then
	# shellcheck disable=SC2086
	go test -timeout 20m -vet=off -race $others || status=1
fi
exit "$status"
