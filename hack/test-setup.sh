#!/usr/bin/env bash
# Installs or builds what the tests need and this machine lacks: a PostgreSQL
# server and a pooler for it, a browser with axe-core, and the programs of a
# Kubernetes control plane.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hack/postgres/install.sh >/dev/null
hack/pgbouncer/install.sh >/dev/null
hack/browser.sh
hack/kube/build.sh >/dev/null
