{{/* The rules that the NetworkPolicies are made of. */}}

{{- define "echoblogs.toDNS" -}}
- ports:
  {{- range .Values.networkPolicy.dnsPorts }}
  - port: {{ . }}
    protocol: UDP
  - port: {{ . }}
    protocol: TCP
  {{- end }}
{{- end -}}

{{- define "echoblogs.toDatabase" -}}
- ports:
  {{- range .Values.networkPolicy.databasePorts }}
  - port: {{ . }}
  {{- end }}
  {{- with .Values.networkPolicy.databaseTo }}
  to: {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{- define "echoblogs.toAPIServer" -}}
- ports:
  {{- range .Values.networkPolicy.apiServerPorts }}
  - port: {{ . }}
  {{- end }}
  {{- with .Values.networkPolicy.apiServerTo }}
  to: {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* The address is that of a Service, NAME.NAMESPACE.svc, which has other ports than its pods. */}}
{{- define "echoblogs.toIngressController" -}}
{{- $address := splitList "." (include "echoblogs.ingressAddress" .) -}}
- to:
  {{- with .Values.networkPolicy.ingressControllerTo }}
  {{- toYaml . | nindent 2 }}
  {{- else }}
  - namespaceSelector:
      matchLabels:
        kubernetes.io/metadata.name: {{ index $address 1 | quote }}
  {{- end }}
{{- end -}}

{{- define "echoblogs.fromPrometheus" -}}
- ports:
  - port: metrics
  {{- with .Values.networkPolicy.metricsFrom }}
  from: {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Readers come through the ingress controller, other pods of ours by name: include "echoblogs.fromReaders" (list $ NAME...) */}}
{{- define "echoblogs.fromReaders" -}}
- ports:
  - port: http
  {{- with (index . 0).Values.networkPolicy.ingressFrom }}
  from:
  {{- toYaml . | nindent 2 }}
  {{- range rest $ }}
  - podSelector:
      matchLabels:
        app.kubernetes.io/name: {{ . }}
  {{- end }}
  {{- end }}
{{- end -}}
