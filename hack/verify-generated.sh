#!/usr/bin/env bash
# Fails when `make generate` changes, adds or removes a file. The index and the
# files that are not committed yet are left as they are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

index=$(mktemp)
trap 'rm -f "$index"' EXIT

# snapshot prints the id of a git tree of the folders that generators write to.
snapshot() {
	rm -f "$index"
	GIT_INDEX_FILE=$index git add --all -- api config dist docs
	GIT_INDEX_FILE=$index git write-tree
}

before=$(snapshot)
make --no-print-directory generate
after=$(snapshot)

if [[ $before != "$after" ]]; then
	git --no-pager diff "$before" "$after"
	echo "Generated files were out of date: commit what 'make generate' has changed." >&2
	exit 1
fi
echo "Generated files are up to date."
