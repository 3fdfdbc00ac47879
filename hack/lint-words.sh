#!/usr/bin/env bash
# Fails if a text has one of these words, for which plain technical English has better ones: "the caller" instead of
# "whoever", "continues" instead of "goes on". The sample posts, which are literature, may use them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

words='whoever|somebody|those who run|anew|thereby|hence|wholly|in vain|to be had|goes on|for ever|under way|(is|are) told'
files=(':!hack/lint-words.sh' ':!hack/dev/posts' ':!internal/account/passwords.txt' ':!LICENSE' ':!*.sum')

if git grep --untracked --line-number --ignore-case --extended-regexp "\b($words)\b" -- . "${files[@]}"; then
	echo "Use plainer words in the lines above." >&2
	exit 1
fi
