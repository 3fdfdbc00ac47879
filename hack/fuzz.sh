#!/usr/bin/env bash
# Runs every fuzz target of the repository for FUZZTIME (1m by default), and continues after a failure, so that one run
# shows everything. go test keeps an input that fails under testdata/fuzz: commit it with the fix. Minimizing is off,
# because go test would spend up to a minute on each interesting input.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=()
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# fuzz FOLDER TARGET runs one target. Before Go 1.27, go test sometimes reports the end of the time as a failure,
# especially on a busy machine (golang/go#75804). Such a failure names no input, only the deadline.
fuzz() {
	(cd "$1" && go test -run '^$' -fuzz "^$2\$" -fuzztime "${FUZZTIME:-1m}" -fuzzminimizetime 1x .) 2>&1 | tee "$output" && return
	[[ $(sed -n '/^--- FAIL/,/^FAIL/p' "$output" | sed '1d;$d') == '    context deadline exceeded' ]]
}

# Listing the targets of a package builds its tests, so packages without targets are skipped. Each package is tested in
# its own folder, which may be in a nested module.
mapfile -t folders < <(git grep -lE --untracked '^func Fuzz' -- '*_test.go' | xargs -n1 dirname | sort -u)
for folder in "${folders[@]}"; do
	if ! listed=$(cd "$folder" && go test -list '^Fuzz' .); then
		echo "$listed"
		failed+=("$folder")
		continue
	fi
	mapfile -t targets < <(grep '^Fuzz' <<<"$listed")
	for target in "${targets[@]}"; do
		echo "== $folder $target"
		fuzz "$folder" "$target" || failed+=("$folder $target")
	done
done

if ((${#failed[@]} > 0)); then
	printf 'Failed: %s\n' "${failed[@]}" >&2
	exit 1
fi
