#!/usr/bin/env bash
# Fails if docs/architecture.md names a file or folder that does not exist.
# shellcheck disable=SC2016 # the backquotes are those of Markdown
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing=0
# shellcheck disable=SC2016 # the backquotes are those of Markdown
while read -r path; do
	if [[ ! -e $path ]]; then
		echo "docs/architecture.md names $path, which does not exist" >&2
		missing=1
	fi
done < <(grep -oE '`(api|charts|cmd|config|controllers|hack|internal|test)/[A-Za-z0-9_./-]+`' docs/architecture.md | tr -d '`' | sort -u)
exit "$missing"
