{{- define "usage-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "usage-exporter.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- $name := include "usage-exporter.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "usage-exporter.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{- define "usage-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "usage-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "usage-exporter.labels" -}}
{{- $own := dict
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
  "app.kubernetes.io/name" (include "usage-exporter.name" .)
  "app.kubernetes.io/instance" .Release.Name
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/managed-by" .Release.Service }}
{{- toYaml (merge $own .Values.commonLabels) }}
{{- end }}

{{- define "usage-exporter.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "usage-exporter.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "usage-exporter.image" -}}
{{- $registry := default .Values.image.registry .Values.global.imageRegistry }}
{{- $name := .Values.image.repository }}
{{- with $registry }}
{{- $name = printf "%s/%s" . $name }}
{{- end }}
{{- if .Values.image.digest }}
{{- printf "%s@%s" $name .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" $name (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{/* Secrets for the registry, those of a parent chart first; it may give them as names only. */}}
{{- define "usage-exporter.imagePullSecrets" -}}
{{- $secrets := list }}
{{- range concat .Values.global.imagePullSecrets .Values.imagePullSecrets }}
{{- $secrets = append $secrets (ternary (dict "name" .) . (kindIs "string" .)) }}
{{- end }}
{{- with $secrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The configuration as the exporter reads it; the state is in the volume unless the values say where. */}}
{{- define "usage-exporter.config" -}}
{{- $state := dict "state" (dict "path" "/data/usage-exporter.db") }}
{{- toYaml (mergeOverwrite $state (deepCopy .Values.config)) }}
{{- end }}

{{/* Refuses values that would start a pod which cannot run. */}}
{{- define "usage-exporter.check" -}}
{{- $sources := list }}
{{- if .Values.demo }}{{ $sources = append $sources "demo" }}{{ end }}
{{- if .Values.config }}{{ $sources = append $sources "config" }}{{ end }}
{{- if .Values.existingConfigMap }}{{ $sources = append $sources "existingConfigMap" }}{{ end }}
{{- if .Values.existingConfigSecret }}{{ $sources = append $sources "existingConfigSecret" }}{{ end }}
{{- if ne (len $sources) 1 }}
{{- fail (printf "usage-exporter: set exactly one of config, existingConfigMap, existingConfigSecret and demo; set are: %s" (default "none" (join ", " $sources))) }}
{{- end }}
{{- $host := first (splitList "/" .Values.image.repository) }}
{{- if and .Values.image.registry (regexMatch "[.:]" $host) (contains "/" .Values.image.repository) }}
{{- fail (printf "usage-exporter: image.repository names the registry %s; put it into image.registry, and the rest into image.repository" $host) }}
{{- end }}
{{- if and .Values.secrets .Values.existingSecret }}
{{- fail "usage-exporter: set secrets or existingSecret, not both" }}
{{- end }}
{{- if and .Values.webConfig .Values.existingWebConfigSecret }}
{{- fail "usage-exporter: set webConfig or existingWebConfigSecret, not both" }}
{{- end }}
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled }}
{{- fail "usage-exporter: enable serviceMonitor or podMonitor, not both: each would scrape the same pod" }}
{{- end }}
{{- end }}

{{/* What ServiceMonitor and PodMonitor say of the port; takes their values. */}}
{{- define "usage-exporter.endpoint" -}}
port: http
path: {{ .path }}
scheme: {{ .scheme }}
interval: {{ .interval }}
scrapeTimeout: {{ .scrapeTimeout }}
honorLabels: {{ .honorLabels }}
{{- with .tlsConfig }}
tlsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .basicAuth }}
basicAuth:
  {{- toYaml . | nindent 2 }}
{{- end }}
relabelings:
  {{- /* The rules select by this name. */}}
  - targetLabel: job
    replacement: usage-exporter
  {{- with .relabelings }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
