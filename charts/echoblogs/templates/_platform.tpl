{{- define "echoblogs.publicURL" -}}
{{- .Values.publicURL | default (printf "%s://%s" (ternary "https" "http" .Values.ingress.tls.enabled) .Values.domain) -}}
{{- end -}}

{{/* The spec of the default Platform. platform.spec has the last word. */}}
{{- define "echoblogs.platformSpec" -}}
{{- $ingress := .Values.ingress -}}
{{- $routing := dict -}}
{{- $mode := $ingress.mode | default (ternary "Wildcard" "" (ne $ingress.tls.wildcardSecretName "")) -}}
{{- if $mode }}{{ $_ := set $routing "mode" $mode }}{{ end -}}
{{- with $ingress.className }}{{ $_ := set $routing "ingressClassName" . }}{{ end -}}
{{- with $ingress.address }}{{ $_ := set $routing "ingressAddress" . }}{{ end -}}
{{- $annotations := deepCopy $ingress.annotations -}}
{{- with $ingress.tls.clusterIssuer }}{{ $_ := set $annotations "cert-manager.io/cluster-issuer" . }}{{ end -}}
{{- $middlewares := compact (list (ternary "https" "" $ingress.traefik.redirectToHTTPS) (ternary "retry" "" $ingress.traefik.retries)) -}}
{{- if $middlewares -}}
{{- $key := "traefik.ingress.kubernetes.io/router.middlewares" -}}
{{- $names := compact (list (get $annotations $key)) -}}
{{- range $middlewares }}{{ $names = append $names (printf "%s-echoblogs-%s@kubernetescrd" $.Release.Namespace .) }}{{ end -}}
{{- $_ := set $annotations $key (join "," $names) -}}
{{- end -}}
{{- if $annotations }}{{ $_ := set $routing "annotations" $annotations }}{{ end -}}
{{- if $ingress.tls.enabled -}}
{{- $tls := dict -}}
{{- with $ingress.tls.wildcardSecretName }}{{ $_ := set $tls "wildcardSecretName" . }}{{ end -}}
{{- $_ := set $routing "tls" $tls -}}
{{- end -}}
{{- $database := dict "secretRef" (dict "name" .Values.postgres.secrets.operator) "rolePrefix" .Values.postgres.rolePrefix -}}
{{- with .Values.postgres.caSecret }}{{ $_ := set $database "caSecretRef" (dict "name" .) }}{{ end -}}
{{- if ne .Values.postgres.engine "PostgreSQL" }}{{ $_ := set $database "engine" .Values.postgres.engine }}{{ end -}}
{{- $spec := dict
  "domains" (list .Values.domain)
  "publicURL" (include "echoblogs.publicURL" .)
  "database" $database
  "backend" (dict "name" "echoblogs-blog")
  "portal" (dict "name" "echoblogs-portal")
-}}
{{- with .Values.contact }}{{ $_ := set $spec "contact" . }}{{ end -}}
{{- if $routing }}{{ $_ := set $spec "routing" $routing }}{{ end -}}
{{- toYaml (mergeOverwrite $spec (deepCopy .Values.platform.spec)) -}}
{{- end -}}

{{/* Where the operator asks the ingress controller, or nothing. */}}
{{- define "echoblogs.ingressAddress" -}}
{{- with (include "echoblogs.platformSpec" . | fromYaml).routing }}{{ .ingressAddress | default "" }}{{ end -}}
{{- end -}}

{{/* Refuses a Platform that an uninstalled release has left, and that Helm 3 would leave without some of the values: it writes to a
custom resource only what differs between two releases, and an installation has no former release. Helm 4 applies the spec. */}}
{{- define "echoblogs.refuseOtherPlatform" -}}
{{- if and .Release.IsInstall (hasPrefix "v3." .Capabilities.HelmVersion.Version) (.Capabilities.APIVersions.Has "tenancy.echoblogs.io/v1alpha1") -}}
{{- with lookup "tenancy.echoblogs.io/v1alpha1" "Platform" .Release.Namespace "default" -}}
{{- $live := .spec -}}
{{- $wanted := mergeOverwrite (deepCopy $live) (include "echoblogs.platformSpec" $ | fromYaml) -}}
{{- $ignored := list -}}
{{- range $field, $value := $wanted -}}
{{- if ne (toJson $value) (toJson (index $live $field)) }}{{ $ignored = append $ignored (printf "spec.%s" $field) }}{{ end -}}
{{- end -}}
{{- if $ignored -}}
{{- fail (printf "The Platform default exists in the namespace %s, and Helm 3 would not write these values to it: %s. Install with the values that the Platform has, and change them by helm upgrade afterwards. Helm 4 writes them at once." $.Release.Namespace (join ", " $ignored)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
