#!/usr/bin/env bash
# Builds the programs of Kubernetes, once per machine, and prints their folder to
# stdout. Progress goes to stderr.
#
#   hack/kube/build.sh [PROGRAM...]      defaults to those of a control plane without nodes
#
# If KUBEBUILDER_ASSETS is set to a folder with these programs, nothing is built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

package_of() {
	case $1 in
	etcd) echo go.etcd.io/etcd/server/v3 ;;
	kube-apiserver | kube-controller-manager | kube-proxy | kube-scheduler | kubectl | kubelet) echo "k8s.io/kubernetes/cmd/$1" ;;
	*)
		echo "build.sh: unknown program $1; known are etcd, kube-apiserver, kube-controller-manager, kube-proxy, kube-scheduler, kubectl and kubelet" >&2
		exit 2
		;;
	esac
}

# missing_in FOLDER prints the requested programs that are not in FOLDER.
missing_in() {
	local program
	for program in "${programs[@]}"; do
		[[ -x $1/$program ]] || echo "$program"
	done
}

programs=("$@")
(($# > 0)) || programs=(kube-apiserver etcd kubectl kube-controller-manager)
for program in "${programs[@]}"; do
	package_of "$program" >/dev/null
done

if [[ -n ${KUBEBUILDER_ASSETS:-} ]]; then
	missing=$(missing_in "$KUBEBUILDER_ASSETS")
	if [[ -n $missing ]]; then
		echo "build.sh: KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS lacks: ${missing//$'\n'/, }." \
			"Add them, or unset KUBEBUILDER_ASSETS to build all programs." >&2
		exit 1
	fi
	echo "$KUBEBUILDER_ASSETS"
	exit
fi

version=$(sed -nE 's,^\tk8s\.io/kubernetes (v[0-9.]+) .*,\1,p' go.mod)
: "${version:?no version of k8s.io/kubernetes in go.mod}"
folder=${XDG_CACHE_HOME:-$HOME/.cache}/echoblogs/kube/$version
if [[ -z $(missing_in "$folder") ]]; then
	echo "$folder"
	exit
fi

mkdir -p "$folder"
exec 9>"$folder/.lock"
if ! flock --nonblock 9; then
	echo "Waiting for another build of Kubernetes" >&2
	flock 9
fi

# The programs are built in a temporary folder and then renamed, so that an
# interrupted build leaves nothing that looks like a program.
work=$(mktemp -d "$folder/.building-XXXXXX")
running=
trap '[[ -z $running ]] || kill "$running" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# follow WHAT COMMAND... runs a command, and prints every few seconds how many lines
# it has written to stderr: one per downloaded module or compiled package.
follow() {
	local what=$1 last=$SECONDS
	shift
	"$@" 2>"$work/log" 9>&- &
	running=$!
	while kill -0 "$running" 2>/dev/null; do
		sleep 0.2
		if ((SECONDS - last >= 5)); then
			last=$SECONDS
			echo "$what: $(wc -l <"$work/log")$total, $SECONDS s" >&2
		fi
	done
	if ! wait "$running"; then
		running=
		# Every line that is neither a package nor a module is an error message.
		grep ' ' "$work/log" | grep -v '^go: downloading' | tail -n 20 >&2 || true
		echo "build.sh: the build of Kubernetes failed, see above" >&2
		exit 1
	fi
	running=
}

missing=()
packages=()
for program in $(missing_in "$folder"); do
	missing+=("$program")
	packages+=("$(package_of "$program")")
done
if ((${#missing[@]} == 0)); then # built in the meantime
	echo "$folder"
	exit
fi
echo "Building ${missing[*]} $version, once per machine: up to 6 minutes on 2 cores" >&2

export GOWORK=off
total=
follow "Downloading modules" go list -deps "${packages[@]}" >"$work/packages"
total=" of $(wc -l <"$work/packages")"
release=${version#v}
stamp=k8s.io/component-base/version
# kubectl needs the version of the server. The other flags are those of the product,
# so that common packages such as client-go are compiled once.
follow "Compiling packages" nice -n 10 go build -v -o "$work/" -ldflags "-s -w
	-X $stamp.gitVersion=$version -X $stamp.gitMajor=${release%%.*} -X $stamp.gitMinor=$(cut -d. -f2 <<<"$release")" "${packages[@]}"

[[ ! -e $work/server ]] || mv "$work/server" "$work/etcd" # the last element of its package path
for program in "${missing[@]}"; do
	mv "$work/$program" "$folder/$program"
done
echo "Built them in $SECONDS s" >&2
echo "$folder"
