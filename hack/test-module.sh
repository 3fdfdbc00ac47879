#!/usr/bin/env bash
# Runs the tests of the Go module in the current folder, with the race detector. It is off for the tests in a browser: they
# run the programs that test/portal runs with it, and would take four times as long.
set -euo pipefail
flags=(-timeout 20m)
[[ $PWD == */test/browser ]] || flags+=(-race)
exec go test "${flags[@]}" ./...
