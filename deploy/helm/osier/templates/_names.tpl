{{- define "osier.name" -}}
{{- printf "%s" .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "osier.selector" -}}
app.kubernetes.io/name: osier
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "osier.labels" -}}
{{ include "osier.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "osier.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* What can't be said in values.schema.json. */}}
{{- define "osier.checks" -}}
{{- $most := ternary .Values.autoscaling.max .Values.replicas .Values.autoscaling.enabled | int -}}
{{- if and (gt $most 1) (not (get .Values.secrets.files "OSIER_STORE__URL_FILE")) -}}
{{- fail "several replicas share a store: give secrets.files.OSIER_STORE__URL_FILE the key of a PostgreSQL URL" -}}
{{- end -}}
{{- if and .Values.peers.enabled (gt $most 1) (not .Values.peers.networks) -}}
{{- fail "set peers.networks to the cluster's Pod network, or peers.enabled to false" -}}
{{- end -}}
{{- if ge (add .Values.drain.delay .Values.drain.grace) (int .Values.terminationGracePeriodSeconds) -}}
{{- fail "drain.delay and drain.grace together stay below terminationGracePeriodSeconds" -}}
{{- end -}}
{{- end -}}

{{/* Replicas hand sessions over to each other only where there can be several. */}}
{{- define "osier.peers" -}}
{{- $most := ternary .Values.autoscaling.max .Values.replicas .Values.autoscaling.enabled | int -}}
{{- if and .Values.peers.enabled (gt $most 1) -}}yes{{- end -}}
{{- end -}}
