{{/* Binds an admission policy: include "echoblogs.policyBinding" (list $ NAME ACTION ALL-NAMESPACES) */}}
{{- define "echoblogs.policyBinding" -}}
{{- $root := index . 0 -}}
{{- $name := include "echoblogs.clusterName" (list $root (index . 1)) -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: {{ $name }}
  labels: {{- include "echoblogs.labels" (list $root "echoblogs-operator") | nindent 4 }}
spec:
  policyName: {{ $name }}
  validationActions: [{{ index . 2 }}]
  {{- if not (index . 3) }}
  # Other namespaces belong to other installations, perhaps of other versions.
  matchResources:
    namespaceSelector:
      matchLabels:
        kubernetes.io/metadata.name: {{ $root.Release.Namespace | quote }}
  {{- end }}
{{- end -}}
