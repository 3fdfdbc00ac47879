#!/usr/bin/env bash
# Fails if `make generate` changes, adds or removes a file. It does not touch the
# index, and works with uncommitted changes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

index=$(mktemp)
trap 'rm -f "$index"' EXIT

# snapshot prints the ID of a git tree with the folders that generators write to.
snapshot() {
	rm -f "$index"
	GIT_INDEX_FILE=$index git add --all -- api charts dist docs hack/dev/manifests
	GIT_INDEX_FILE=$index git write-tree
}

before=$(snapshot)
make --no-print-directory generate
after=$(snapshot)

if [[ $before != "$after" ]]; then
	git --no-pager diff "$before" "$after"
	echo "Generated files are out of date: commit the changes of 'make generate'." >&2
	exit 1
fi
echo "Generated files are up to date."
