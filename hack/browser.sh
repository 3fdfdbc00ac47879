#!/usr/bin/env bash
# Installs what the tests in test/browser need, unless it is installed: a Chromium on PATH, and axe-core in the version
# that test/browser pins. Progress goes to stderr.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../test/browser"

# has NAME... succeeds if one of the programs is on PATH.
has() {
	local name
	for name in "$@"; do
		command -v "$name" >/dev/null && return
	done
	return 1
}

# install PACKAGE... installs Debian packages.
install() {
	if ((EUID != 0)) || ! has apt-get; then
		echo "browser.sh: the browser tests need $*: install it" >&2
		exit 1
	fi
	echo "Installing $*" >&2
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq >/dev/null
	apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

has chromium-headless-shell headless_shell headless-shell chromium chromium-browser google-chrome google-chrome-stable ||
	install chromium-headless-shell
has npm || install nodejs npm

# npm's lock file in node_modules says what is installed.
if ! grep -qs -F "$(grep -F '"integrity"' package-lock.json)" node_modules/.package-lock.json; then
	echo "Installing axe-core" >&2
	npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2
fi
