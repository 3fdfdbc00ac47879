{{/* The fields of a pod's spec that all programs share: include "echoblogs.podSpec" (list $ .Values.blog) */}}
{{- define "echoblogs.podSpec" -}}
{{- $root := index . 0 -}}
{{- $program := index . 1 -}}
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  seccompProfile:
    type: RuntimeDefault
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
- name: {{ . | quote }}
{{- end }}
{{- end }}
{{- with $program.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with $program.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $program.tolerations }}
tolerations: {{- toYaml . | nindent 0 }}
{{- end }}
{{- with $program.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Replicas on different nodes: include "echoblogs.spread" "echoblogs-blog" */}}
{{- define "echoblogs.spread" -}}
topologySpreadConstraints:
- maxSkew: 1
  topologyKey: kubernetes.io/hostname
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      app.kubernetes.io/name: {{ . }}
  matchLabelKeys: [pod-template-hash]
{{- end -}}

{{- define "echoblogs.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
  readOnlyRootFilesystem: true
{{- end -}}

{{/* The certificate of the database's authority, by libpq's variables. An sslmode in the address has precedence. */}}
{{- define "echoblogs.caEnv" -}}
{{- if .Values.postgres.caSecret }}
- name: PGSSLROOTCERT
  value: /etc/echoblogs/database-ca/ca.crt
- name: PGSSLMODE
  value: verify-full
{{- end }}
{{- end -}}

{{- define "echoblogs.caMount" -}}
{{- if .Values.postgres.caSecret }}
- name: database-ca
  mountPath: /etc/echoblogs/database-ca
  readOnly: true
{{- end }}
{{- end -}}

{{- define "echoblogs.caVolume" -}}
{{- if .Values.postgres.caSecret }}
- name: database-ca
  secret:
    secretName: {{ .Values.postgres.caSecret | quote }}
    # The Secret of an authority can have its private key as well.
    items:
    - key: ca.crt
      path: ca.crt
{{- end }}
{{- end -}}
