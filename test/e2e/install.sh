#!/usr/bin/env bash
# Installs what a node needs from the system, unless this machine has it: the programs
# that set up its network, and a library of runc. With --tests also what the tests need
# besides: a builder of images, a shell for its base image, and Git. Progress goes to stderr.
set -euo pipefail

if [[ $(uname -s) != Linux ]]; then
	echo "install.sh: a Kubernetes node runs on Linux only, and this is $(uname -s)" >&2
	exit 1
fi

packages=(iproute2 iptables ipset gcc libc6-dev libseccomp-dev pkg-config)
programs=(ip iptables ip6tables ipset gcc pkg-config)
if [[ ${1:-} == --tests ]]; then
	packages+=(buildah busybox-static git)
	programs+=(buildah busybox git)
fi

missing=()
for program in "${programs[@]}"; do
	command -v "$program" >/dev/null || missing+=("$program")
done
if ! pkg-config --exists libseccomp 2>/dev/null; then
	missing+=("libseccomp with its headers")
fi
((${#missing[@]} > 0)) || exit 0

if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
	printf 'install.sh: install what is missing with your package manager, then try again: %s\n' \
		"$(printf '%s, ' "${missing[@]}" | sed 's/, $//')" >&2
	exit 1
fi
echo "Installing ${packages[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq >/dev/null
apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
