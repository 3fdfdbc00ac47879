#!/usr/bin/env bash
# Installs PgBouncer for the tests, unless test/testkit/postgrestest finds it, and
# prints its path: as root the system's package, otherwise one that is unpacked
# into the user's cache. Progress goes to stderr.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/echoblogs/pgbouncer

find_bouncer() {
	local candidate
	for candidate in "$(command -v pgbouncer || true)" /usr/sbin/pgbouncer "$cache/bin/pgbouncer"; do
		if [[ -x $candidate ]]; then
			echo "$candidate"
			return
		fi
	done
	return 1
}

# install_system_package installs Debian's package without starting its service.
install_system_package() {
	local policy=/usr/sbin/policy-rc.d
	echo "Installing the package pgbouncer" >&2
	if [[ ! -e $policy ]]; then
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod +x "$policy"
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq >/dev/null
	apt-get install -y -qq --no-install-recommends pgbouncer >/dev/null
}

# install_for_user unpacks Debian's package and its libraries into the cache.
install_for_user() {
	local libraries
	echo "Unpacking the package pgbouncer" >&2
	libraries=$(apt-cache depends pgbouncer | sed -nE 's/^ *Depends: (lib[^ ]+)$/\1/p' | grep -vx libc6)
	mkdir -p "$cache"
	unpacked=$(mktemp -d "$cache/.unpacking-XXXXXX")
	trap 'rm -rf "$unpacked"' EXIT
	(
		cd "$unpacked"
		# shellcheck disable=SC2086 # there are several
		apt-get download -qq pgbouncer $libraries
		for package in *.deb; do
			dpkg -x "$package" root
		done
		mkdir bin
		cat >bin/pgbouncer <<-'WRAPPER'
			#!/bin/sh
			root=$(dirname "$(dirname "$(readlink -f "$0")")")/root
			for folder in "$root"/usr/lib/*-linux-gnu* "$root"/lib/*-linux-gnu*; do
				LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder
			done
			export LD_LIBRARY_PATH
			exec "$root/usr/sbin/pgbouncer" "$@"
		WRAPPER
		chmod +x bin/pgbouncer
	)
	# Another installation may have been faster. Its files are the same.
	mv "$unpacked"/root "$unpacked"/bin "$cache" 2>/dev/null || [[ -x $cache/bin/pgbouncer ]]
}

if find_bouncer; then
	exit
fi
if ! command -v apt-get >/dev/null; then
	echo "install.sh: install PgBouncer with your package manager, then try again" >&2
	exit 1
fi
if ((EUID == 0)); then
	install_system_package
else
	install_for_user
fi
find_bouncer
