#!/usr/bin/env bash
# Runs a command in the product's Go module and in each nested module under test, whose dependencies the product does
# not need. It continues after a failure, so that one run shows everything. With --parallel, the modules do not wait for each
# other: the last tests of one leave a processor idle.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

parallel=false
if [[ $1 == --parallel ]]; then
	parallel=true
	shift
fi
declare -A running=()
failed=()
for module in go.mod test/*/go.mod; do
	folder=$(dirname "$module")
	if $parallel; then
		(cd "$folder" && exec "$@") &
		running[$folder]=$!
	else
		(cd "$folder" && "$@") || failed+=("$folder")
	fi
done
for folder in "${!running[@]}"; do
	wait "${running[$folder]}" || failed+=("$folder")
done
if ((${#failed[@]} > 0)); then
	echo "Failed in: ${failed[*]}" >&2
	exit 1
fi
