#!/usr/bin/env bash
# Runs a command in the product's Go module and in each nested module with code: those under test, and hack/images. The
# product does not need their dependencies. It continues after a failure, so that one run shows everything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=()
for module in go.mod hack/images/go.mod test/*/go.mod; do
	folder=$(dirname "$module")
	(cd "$folder" && "$@") || failed+=("$folder")
done
if ((${#failed[@]} > 0)); then
	echo "Failed in: ${failed[*]}" >&2
	exit 1
fi
