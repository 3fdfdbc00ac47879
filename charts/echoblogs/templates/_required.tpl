{{/* Refuses values that cannot become a platform that serves, with sentences that say what to set. */}}
{{- define "echoblogs.required" -}}
{{- if and .Values.platform.create (not .Values.domain) -}}
{{- fail "Set domain to the parent domain of the blogs, for example --set domain=blogs.example.com." -}}
{{- end -}}
{{- if and .Values.postgres.bootstrap.enabled (not .Values.postgres.bootstrap.administratorSecret) -}}
{{- fail (printf "Set postgres.bootstrap.administratorSecret to the name of a Secret in the namespace %s whose key uri is the address of the database, with the user and password of an administrator. If you create the roles and their Secrets yourself, set postgres.bootstrap.enabled=false." .Release.Namespace) -}}
{{- end -}}
{{- if .Values.mail.enabled -}}
{{- if or (not .Values.mail.from) (not .Values.mail.host) -}}
{{- fail "Set mail.from to the sender of emails, for example \"Blogs <noreply@example.com>\", and mail.host to the mail server. To install without emails, set mail.enabled=false." -}}
{{- end -}}
{{- end -}}
{{- if and .Values.ingress.tls.wildcardSecretName (not .Values.ingress.tls.enabled) -}}
{{- fail "ingress.tls.wildcardSecretName is set, but TLS is not: set ingress.tls.enabled=true as well." -}}
{{- end -}}
{{- if and .Values.ingress.tls.clusterIssuer (not .Values.ingress.tls.enabled) -}}
{{- fail "ingress.tls.clusterIssuer is set, but TLS is not: set ingress.tls.enabled=true as well." -}}
{{- end -}}
{{- if and .Values.ingress.traefik.redirectToHTTPS (not .Values.ingress.tls.enabled) -}}
{{- fail "ingress.traefik.redirectToHTTPS is set, but TLS is not: set ingress.tls.enabled=true as well. If something in front of Traefik ends TLS, redirect there." -}}
{{- end -}}
{{- $address := include "echoblogs.ingressAddress" . -}}
{{- if and $address .Values.networkPolicy.enabled (not .Values.networkPolicy.ingressControllerTo) (not (regexMatch "^[a-z0-9-]+[.][a-z0-9-]+[.]svc([.][a-z0-9.-]+)?:[0-9]+$" $address)) -}}
{{- fail (printf "The address of the ingress controller, %s, does not say in which namespace it is, as traefik.traefik.svc:80 does: set networkPolicy.ingressControllerTo to where the ingress controller is." $address) -}}
{{- end -}}
{{- range $name, $program := dict "blog" .Values.blog "portal" .Values.portal -}}
{{- if and $program.autoscaling.enabled (not (dig "requests" "cpu" "" $program.resources)) -}}
{{- fail (printf "%s.autoscaling needs %s.resources.requests.cpu: the autoscaler compares with it." $name $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
