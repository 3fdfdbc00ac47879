{{/* Annotations of what runs before an install or upgrade. After a failure it stays, for its log. */}}
{{- define "echoblogs.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* Annotations of what runs after "helm uninstall". */}}
{{- define "echoblogs.uninstallHook" -}}
helm.sh/hook: post-delete
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{/* Lets a job reach DNS, the API server and perhaps the database: include "echoblogs.hookNetworkPolicy" (list $ NAME ANNOTATIONS DATABASE) */}}
{{- define "echoblogs.hookNetworkPolicy" -}}
{{- $root := index . 0 }}
{{- $name := index . 1 }}
{{- if $root.Values.networkPolicy.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace | quote }}
  labels: {{- include "echoblogs.labels" (list $root $name) | nindent 4 }}
  annotations: {{- index . 2 | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      app.kubernetes.io/name: {{ $name }}
  policyTypes: [Ingress, Egress]
  egress:
  {{- include "echoblogs.toDNS" $root | nindent 2 }}
  {{- include "echoblogs.toAPIServer" $root | nindent 2 }}
  {{- if index . 3 }}
  {{- include "echoblogs.toDatabase" $root | nindent 2 }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* A job with the operator's image: include "echoblogs.hookJob" (list $ NAME ANNOTATIONS SECONDS ARGUMENTS) */}}
{{- define "echoblogs.hookJob" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $name }}
  namespace: {{ $root.Release.Namespace | quote }}
  labels: {{- include "echoblogs.labels" (list $root $name) | nindent 4 }}
  annotations: {{- index . 2 | nindent 4 }}
spec:
  # The command itself retries what may come later, such as a database that is starting.
  backoffLimit: 1
  activeDeadlineSeconds: {{ index . 3 }}
  template:
    metadata:
      labels: {{- include "echoblogs.podLabels" $name | nindent 8 }}
    spec:
      serviceAccountName: {{ $name }}
      restartPolicy: Never
      {{- include "echoblogs.podSpec" (list $root $root.Values.operator) | nindent 6 }}
      containers:
      - name: job
        image: {{ include "echoblogs.image" (list $root $root.Values.operator) }}
        imagePullPolicy: {{ $root.Values.image.pullPolicy }}
        args: {{- toYaml (index . 4) | nindent 8 }}
        env:
        - name: POD_NAMESPACE
          valueFrom:
            fieldRef:
              fieldPath: metadata.namespace
        resources:
          requests: {cpu: 10m, memory: 32Mi}
          limits: {memory: 128Mi}
        {{- include "echoblogs.containerSecurity" $root | nindent 8 }}
        terminationMessagePolicy: FallbackToLogsOnError
{{- end -}}
