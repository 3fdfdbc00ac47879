#!/usr/bin/env bash
# Builds Helm 3, for the tests of the chart, once per machine, and prints its path to stdout. Progress goes to stderr.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

version=$(sed -nE 's,^\thelm\.sh/helm/v3 (v[0-9.]+) .*,\1,p' go.mod)
kubernetes=$(sed -nE 's,^\tk8s\.io/client-go v0\.([0-9]+)\..*,\1,p' go.mod)
: "${version:?no version of helm.sh/helm/v3 in go.mod}" "${kubernetes:?no version of k8s.io/client-go in go.mod}"
folder=${XDG_CACHE_HOME:-$HOME/.cache}/echoblogs/helm/$version
if [[ -x $folder/helm ]]; then
	echo "$folder/helm"
	exit
fi

mkdir -p "$folder"
exec 9>"$folder/.lock"
flock 9
if [[ ! -x $folder/helm ]]; then # it was not built in the meantime
	echo "Building Helm $version, once per machine: up to 3 minutes on 2 cores" >&2
	# These flags are those of a release: the chart requires a version of Kubernetes, which would be 1.20 without them. An
	# interrupted build leaves nothing that looks like the program.
	module=helm.sh/helm/v3
	GOWORK=off nice -n 10 go build -o "$folder/.building" -ldflags "-s -w
		-X $module/internal/version.version=$version -X $module/internal/version.metadata=
		-X $module/pkg/chartutil.k8sVersionMajor=1 -X $module/pkg/chartutil.k8sVersionMinor=$kubernetes
		-X $module/pkg/lint/rules.k8sVersionMajor=1 -X $module/pkg/lint/rules.k8sVersionMinor=$kubernetes" "$module/cmd/helm" 9>&-
	mv "$folder/.building" "$folder/helm"
	echo "Built it in $SECONDS s" >&2
fi
echo "$folder/helm"
