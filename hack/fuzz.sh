#!/usr/bin/env bash
# Runs every fuzz target of the repository, each for FUZZTIME (1m unless it is set), and goes on when one fails, so that
# one run shows everything. go test keeps an input that fails under testdata/fuzz: commit it with what repairs it. Inputs
# are not made smaller, on which go test would spend up to a minute for each one that is new to it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

failed=()

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
		go test -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-1m}" -fuzzminimizetime 1x "./$package" || failed+=("$package $target")
	done
done

if ((${#failed[@]} > 0)); then
	printf 'Failed: %s\n' "${failed[@]}" >&2
	exit 1
fi
