#!/usr/bin/env bash
# Runs shellcheck on every shell script of the repository.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v shellcheck >/dev/null; then
	echo "shellcheck is not installed, so shell scripts were not checked."
	exit
fi
git ls-files -z --cached --others --exclude-standard -- '*.sh' .ci/run | xargs -0 shellcheck
