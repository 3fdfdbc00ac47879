{{/* The labels of an object of a component: include "echoblogs.labels" (list $ "echoblogs-blog") */}}
{{- define "echoblogs.labels" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ index . 1 }}
app.kubernetes.io/instance: {{ $root.Release.Name | quote }}
app.kubernetes.io/part-of: echoblogs
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end -}}

{{/* The labels of a pod, without those that would restart it at each version: include "echoblogs.podLabels" "echoblogs-blog" */}}
{{- define "echoblogs.podLabels" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/part-of: echoblogs
{{- end -}}

{{/* The image of a program: include "echoblogs.image" (list $ .Values.blog) */}}
{{- define "echoblogs.image" -}}
{{- $root := index . 0 -}}
{{- $image := (index . 1).image -}}
{{- with $root.Values.image.registry }}{{ . }}/{{ end -}}
{{- $image.repository -}}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ coalesce $image.tag $root.Values.image.tag $root.Chart.AppVersion }}{{ end -}}
{{- end -}}

{{/* The name of an object of the whole cluster: each release has its own, so that one can be uninstalled without the others. */}}
{{- define "echoblogs.clusterName" -}}
{{ index . 1 }}.{{ (index . 0).Release.Namespace }}
{{- end -}}
