#!/usr/bin/env bash
# Installs or builds what the tests need, unless this machine has it: a PostgreSQL
# server and PgBouncer, a browser with axe-core, and the programs of a Kubernetes
# control plane.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

hack/postgres/install.sh >/dev/null
hack/pgbouncer/install.sh >/dev/null
hack/browser.sh
hack/kube/build.sh >/dev/null
