#!/usr/bin/env bash
# Runs the given govulncheck over the programs, and over the tests of the nested modules. If its database cannot be
# reached, nothing is checked and the script succeeds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

govulncheck=${1:?usage: hack/vulncheck.sh GOVULNCHECK}
output=$(mktemp)
trap 'rm -f "$output"' EXIT

failed=0

# check FOLDER FLAG... checks one module.
check() {
	local folder=$1 status=0
	shift
	echo "== govulncheck in $folder"
	(cd "$folder" && timeout 600 "$govulncheck" "$@" ./...) >"$output" 2>&1 || status=$?
	cat "$output"
	# timeout exits with 124 when the database did not respond.
	if ((status == 124)) || { ((status != 0)) && grep -q '^govulncheck: fetching vulnerabilities' "$output"; }; then
		echo "govulncheck could not reach its database: nothing was checked."
	elif ((status != 0)); then
		failed=1
	fi
}

check .
for module in hack/images/go.mod test/*/go.mod; do
	check "$(dirname "$module")" -test
done
exit "$failed"
