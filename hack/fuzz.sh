#!/usr/bin/env bash
# Runs every fuzz target of the repository, each for FUZZTIME (1m unless it is set), and goes on when one fails, so that
# one run shows everything. go test keeps an input that fails under testdata/fuzz: commit it with what repairs it. Inputs
# are not made smaller, on which go test would spend up to a minute for each one that is new to it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=()
output=$(mktemp)
trap 'rm -f "$output"' EXIT

# fuzz PACKAGE TARGET runs one target. Before Go 1.27 go test now and then takes the end of the time for a failure, on a
# busy machine above all (golang/go#75804): one without an input, of which it says nothing else.
fuzz() {
	go test -run '^$' -fuzz "^$2\$" -fuzztime "${FUZZTIME:-1m}" -fuzzminimizetime 1x "./$1" 2>&1 | tee "$output" && return
	[[ $(sed -n '/^--- FAIL/,/^FAIL/p' "$output" | sed '1d;$d') == '    context deadline exceeded' ]]
}

# To list the targets of a package its tests are built, so the packages that have none are left out.
mapfile -t packages < <(git grep -lE --untracked '^func Fuzz' -- '*_test.go' | xargs -n1 dirname | sort -u)
for package in "${packages[@]}"; do
	if ! listed=$(go test -list '^Fuzz' "./$package"); then
		echo "$listed"
		failed+=("$package")
		continue
	fi
	mapfile -t targets < <(grep '^Fuzz' <<<"$listed")
	for target in "${targets[@]}"; do
		echo "== $package $target"
		fuzz "$package" "$target" || failed+=("$package $target")
	done
done

if ((${#failed[@]} > 0)); then
	printf 'Failed: %s\n' "${failed[@]}" >&2
	exit 1
fi
