#!/usr/bin/env bash
# Installs or builds what the tests need and this machine lacks: a PostgreSQL
# server and the programs of a Kubernetes control plane.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hack/postgres/install.sh >/dev/null
hack/kube/build.sh >/dev/null
