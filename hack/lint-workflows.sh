#!/usr/bin/env bash
# Runs the given actionlint over the workflows of GitHub Actions, and fails if one uses an action that is not pinned by a
# full commit hash, because its tags can be moved.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

actionlint=${1:?usage: hack/lint-workflows.sh ACTIONLINT}
workflows=(.github/workflows/*.yml)

"$actionlint" "${workflows[@]}"

# A workflow of this repository is of the same commit. After the hash is the version, for readers.
pinned='uses: (\./[^ ]+|[^ @]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+)$'
if grep -nE '^[^#]*\buses["'\'']?[[:space:]]*:' "${workflows[@]}" | grep -vE "$pinned"; then
	echo "Pin the actions in the lines above as owner/action@COMMIT # vX.Y.Z, with the full hash of the commit." >&2
	exit 1
fi
