#!/usr/bin/env bash
# Fails if the go.mod or go.sum of a module is not tidy, or if a nested module requires another version of a dependency
# than the product: its tests would not test the released code.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! hack/in-modules.sh go mod tidy -diff; then
	echo "Run 'make tidy' and commit the changes." >&2
	exit 1
fi

# requirements FILE prints the modules that a go.mod requires, with their versions.
requirements() {
	sed -nE 's,^(require |\t)([^ ]+) (v[^ ]+).*,\2 \3,p' "$1" | LC_ALL=C sort
}

status=0
for module in hack/images/go.mod test/*/go.mod; do
	# join prints a path that both require, the product's version, and the nested module's.
	different=$(LC_ALL=C join <(requirements go.mod) <(requirements "$module") | awk '$2 != $3 { print $1 ": " $2 ", " $3 }')
	if [[ -n $different ]]; then
		echo "go.mod and $module require different versions:" >&2
		echo "$different" >&2
		status=1
	fi
done
exit "$status"
