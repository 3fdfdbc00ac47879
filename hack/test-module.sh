#!/usr/bin/env bash
# Runs the tests of the Go module in the current folder, with the race detector. It is off for the tests in a browser: they
# run the programs that test/portal runs with it, and would take four times as long. Three packages at a time keep two
# cores busy, because some of them wait for outages to pass.
set -euo pipefail
flags=(-p 3 -timeout 20m)
[[ $PWD == */test/browser ]] || flags+=(-race)
exec go test "${flags[@]}" ./...
