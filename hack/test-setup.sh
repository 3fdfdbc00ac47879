#!/usr/bin/env bash
# Installs or builds what the tests need, unless this machine has it: a PostgreSQL
# server and PgBouncer, a browser with axe-core, the programs of a Kubernetes
# control plane, and Helm 3.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hack/postgres/install.sh >/dev/null
hack/pgbouncer/install.sh >/dev/null
hack/browser.sh
hack/kube/build.sh >/dev/null
hack/helm3/build.sh >/dev/null
