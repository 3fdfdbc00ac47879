#!/usr/bin/env bash
# Writes the manifests that are made of the chart: dist/install.yaml, for users without Helm, and those of the demo and the
# tests. HELM is the program.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# render VALUES prints the chart and its namespace.
render() {
	echo "# Generated from charts/echoblogs with $1 by \"make generate\"."
	cat <<-END
		apiVersion: v1
		kind: Namespace
		metadata:
		  name: echoblogs
		  labels:
		    app.kubernetes.io/part-of: echoblogs
		    pod-security.kubernetes.io/enforce: restricted
		    pod-security.kubernetes.io/warn: restricted
		    tenancy.echoblogs.io/served: "true"
	END
	"$HELM" template echoblogs charts/echoblogs --namespace echoblogs --include-crds --no-hooks --values "$1"
}

# without KIND... drops the documents of these kinds.
without() {
	awk -v kinds=" $* " '
		function flush() { if (text != "" && !drop) printf "%s", text; text = ""; drop = 0 }
		/^---$/ { flush() }
		{ text = text $0 "\n" }
		/^kind: / { drop = index(kinds, " " $2 " ") }
		END { flush() }'
}

render dist/values.yaml >dist/install.yaml
render hack/dev/values.yaml | without Deployment PodDisruptionBudget >hack/dev/manifests/install.yaml
