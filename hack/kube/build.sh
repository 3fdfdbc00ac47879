#!/usr/bin/env bash
# Builds the programs of a Kubernetes control plane, once a machine, and prints
# the folder that holds them. Progress goes to stderr, the folder to stdout.
#
#   hack/kube/build.sh [PROGRAM...]      without a PROGRAM: all of them
#
# Set KUBEBUILDER_ASSETS to a folder with such programs, and nothing is built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

package_of() {
	case $1 in
	etcd) echo go.etcd.io/etcd/server/v3 ;;
	kube-apiserver | kube-controller-manager | kubectl) echo "k8s.io/kubernetes/cmd/$1" ;;
	*)
		echo "build.sh: unknown program $1; known are kube-apiserver, etcd, kubectl and kube-controller-manager" >&2
		exit 2
		;;
	esac
}

# missing_in FOLDER prints those of the wanted programs that FOLDER lacks.
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
			"Put it there, or unset KUBEBUILDER_ASSETS to have all programs built." >&2
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
	echo "Waiting for another build of the control plane to end" >&2
	flock 9
fi

build_pid=
trap '[[ -z $build_pid ]] || kill "$build_pid" 2>/dev/null; rm -f "$folder"/.building-*' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# build PROGRAM compiles it beside its place and renames it, so that a build
# that is cut off leaves nothing that looks like a program.
build() {
	local program=$1 target=$folder/.building-$1 log=$folder/$1.log began=$SECONDS last=$SECONDS
	local release=${version#v}
	local major=${release%%.*} minor=${release#*.}
	local stamp=k8s.io/component-base/version
	GOWORK=off nice -n 10 go build -v -trimpath -o "$target" -ldflags \
		"-s -w -X $stamp.gitVersion=$version -X $stamp.gitMajor=$major -X $stamp.gitMinor=${minor%%.*}" \
		"$(package_of "$program")" >"$log" 2>&1 9>&- &
	build_pid=$!
	echo "Building $program" >&2
	while kill -0 "$build_pid" 2>/dev/null; do
		sleep 0.5
		if ((SECONDS - last >= 5)); then
			last=$SECONDS
			# Each line of the log is a module fetched or a package compiled.
			echo "Building $program: $((SECONDS - began)) s, $(wc -l <"$log") packages fetched or compiled" >&2
		fi
	done
	if ! wait "$build_pid"; then
		build_pid=
		tail -n 20 "$log" >&2
		echo "build.sh: building $program failed; the whole output is in $log" >&2
		exit 1
	fi
	build_pid=
	mv "$target" "$folder/$program"
	rm "$log"
	echo "Built $program in $((SECONDS - began)) s" >&2
}

for program in $(missing_in "$folder"); do
	build "$program"
done
echo "$folder"
