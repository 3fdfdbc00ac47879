{{/* The replicas of a Deployment: include "echoblogs.replicas" (list $ NAME .Values.blog)

Under an autoscaler they are the present ones, as long as a release has them: without the field, it would be reset to 1. With
server-side apply, the autoscaler takes the field over when it first changes it, and is not to be disturbed from then on. */}}
{{- define "echoblogs.replicas" -}}
{{- $root := index . 0 -}}
{{- $program := index . 2 -}}
{{- if not $program.autoscaling.enabled -}}
replicas: {{ $program.replicas }}
{{- else -}}
{{- with lookup "apps/v1" "Deployment" $root.Release.Namespace (index . 1) -}}
{{- $applied := false -}}
{{- $owned := false -}}
{{- range .metadata.managedFields -}}
{{- if eq .operation "Apply" -}}
{{- $applied = true -}}
{{- if hasKey (dig "f:spec" dict .fieldsV1) "f:replicas" }}{{ $owned = true }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if or $owned (not $applied) -}}
replicas: {{ .spec.replicas }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
