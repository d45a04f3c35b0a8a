{{- define "pve-cslb-operator.name" -}}
{{- include "pve-cslb-operator.fitted" (list (default .Chart.Name .Values.nameOverride) 63) -}}
{{- end -}}

{{- /* A name of at most so many characters, for any kind of object: (list $name 63). Releases may have dots in theirs. */ -}}
{{- define "pve-cslb-operator.fitted" -}}
{{- index . 0 | replace "." "-" | trunc (index . 1 | int) | trimAll "-" -}}
{{- end -}}

{{- /* The name of nearly everything; names of Services may have 63 characters. */ -}}
{{- define "pve-cslb-operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- include "pve-cslb-operator.fitted" (list .Values.fullnameOverride 63) -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- include "pve-cslb-operator.fitted" (list .Release.Name 63) -}}
{{- else -}}
{{- include "pve-cslb-operator.fitted" (list (printf "%s-%s" .Release.Name $name) 63) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* A second name of at most 63 characters: (list $name "metrics"). */ -}}
{{- define "pve-cslb-operator.suffixed" -}}
{{- $suffix := index . 1 -}}
{{- printf "%s-%s" (include "pve-cslb-operator.fitted" (list (index . 0) (sub 62 (len $suffix)))) $suffix -}}
{{- end -}}

{{- define "pve-cslb-operator.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- /* A name for what has no namespace: releases of one name in two namespaces must not share it. */ -}}
{{- define "pve-cslb-operator.clusterWideName" -}}
{{- printf "%s:%s" (include "pve-cslb-operator.namespace" .) (include "pve-cslb-operator.fullname" .) -}}
{{- end -}}

{{- define "pve-cslb-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "pve-cslb-operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "pve-cslb-operator.leaseName" -}}
{{- default (include "pve-cslb-operator.fullname" .) .Values.leaderElection.leaseName -}}
{{- end -}}

{{- define "pve-cslb-operator.metricsServiceName" -}}
{{- include "pve-cslb-operator.suffixed" (list (include "pve-cslb-operator.fullname" .) "metrics") -}}
{{- end -}}

{{- /* They can never be changed in a Deployment: nothing that a value or a version changes belongs here. */ -}}
{{- define "pve-cslb-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "pve-cslb-operator.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- /* The app.kubernetes.io/name of the pod of `helm test`: another, so that the Service does not select it. */ -}}
{{- define "pve-cslb-operator.testName" -}}
{{- include "pve-cslb-operator.suffixed" (list (include "pve-cslb-operator.name" .) "test") -}}
{{- end -}}

{{- define "pve-cslb-operator.commonLabels" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: pve-cslb-operator
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- /* Labels as a map: (dict "context" $ "component" "operator" "extra" $labels). What is given last wins. */ -}}
{{- define "pve-cslb-operator.labels" -}}
{{- $context := .context -}}
{{- $labels := fromYaml (include "pve-cslb-operator.commonLabels" $context) -}}
{{- $labels = mergeOverwrite $labels (fromYaml (include "pve-cslb-operator.renderedTexts" (dict "context" $context "value" $context.Values.commonLabels))) -}}
{{- if .extra -}}
{{- $labels = mergeOverwrite $labels (fromYaml (include "pve-cslb-operator.renderedTexts" (dict "context" $context "value" .extra))) -}}
{{- end -}}
{{- $labels = mergeOverwrite $labels (fromYaml (include "pve-cslb-operator.selectorLabels" $context)) -}}
{{- $_ := set $labels "app.kubernetes.io/component" .component -}}
{{- toYaml $labels -}}
{{- end -}}

{{- /* The key `annotations` with those of every object and `extra`, or nothing where there are none. */ -}}
{{- define "pve-cslb-operator.annotations" -}}
{{- $context := .context -}}
{{- $annotations := fromYaml (include "pve-cslb-operator.renderedTexts" (dict "context" $context "value" $context.Values.commonAnnotations)) -}}
{{- if .extra -}}
{{- $annotations = mergeOverwrite $annotations (fromYaml (include "pve-cslb-operator.renderedTexts" (dict "context" $context "value" .extra))) -}}
{{- end -}}
{{- with $annotations -}}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{- /* A value as YAML, its templates rendered: (dict "context" $ "value" .Values.x). */ -}}
{{- define "pve-cslb-operator.rendered" -}}
{{- $text := kindIs "string" .value | ternary .value (toYaml .value) -}}
{{- contains "{{" $text | ternary (tpl $text .context) $text -}}
{{- end -}}

{{- /* Labels or annotations as YAML, the templates of each rendered: texts, whatever comes of it. */ -}}
{{- define "pve-cslb-operator.renderedTexts" -}}
{{- $context := .context -}}
{{- $texts := dict -}}
{{- range $name, $text := .value -}}
{{- $_ := set $texts (tpl $name $context) (tpl $text $context) -}}
{{- end -}}
{{- toYaml $texts -}}
{{- end -}}

{{- define "pve-cslb-operator.image" -}}
{{- $registry := default .Values.image.registry .Values.global.imageRegistry -}}
{{- $name := empty $registry | ternary .Values.image.repository (printf "%s/%s" $registry .Values.image.repository) -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $name .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "pve-cslb-operator.imagePullSecrets" -}}
{{- with concat (default list .Values.global.imagePullSecrets) (default list .Values.imagePullSecrets) | uniq -}}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end -}}
{{- end -}}

{{- /* Without leader election two operators must not run side by side, not even during an upgrade. */ -}}
{{- define "pve-cslb-operator.strategy" -}}
{{- if .Values.strategy -}}
{{- toYaml .Values.strategy -}}
{{- else -}}
type: {{ .Values.leaderElection.enabled | ternary "RollingUpdate" "Recreate" }}
{{- end -}}
{{- end -}}

{{- /* A number, of which 0 is one, or a percentage; nothing where there is none. */ -}}
{{- define "pve-cslb-operator.intOrPercent" -}}
{{- if not (kindIs "invalid" .) -}}
{{- . -}}
{{- end -}}
{{- end -}}

{{- /* True or nothing: whether an object of somebody else's kind is rendered: (dict "context" $ "values" $monitor "api" "…" "key" "…"). */ -}}
{{- define "pve-cslb-operator.rendersForeign" -}}
{{- if .values.enabled -}}
{{- if or (eq .values.renderMode "alwaysRender") (.context.Capabilities.APIVersions.Has .api) -}}
true
{{- else if eq .values.renderMode "failIfMissing" -}}
{{- fail (printf "%s.enabled is true, but the cluster does not serve %s: install the Prometheus Operator first, or set %s.renderMode to skipIfMissing (or, for helm template, to alwaysRender)." .key .api .key) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* How many milliseconds a duration such as 1m30s is. */ -}}
{{- define "pve-cslb-operator.milliseconds" -}}
{{- $total := 0.0 -}}
{{- range regexFindAll "[0-9.]+(ms|s|m|h)" . -1 -}}
{{- $unit := regexFind "[a-z]+$" . -}}
{{- $milliseconds := get (dict "ms" 1.0 "s" 1000.0 "m" 60000.0 "h" 3600000.0) $unit -}}
{{- $total = addf $total (mulf $milliseconds (trimSuffix $unit . | float64)) -}}
{{- end -}}
{{- $total -}}
{{- end -}}

{{- /* How a ServiceMonitor or PodMonitor has the metrics scraped, by its values. */ -}}
{{- define "pve-cslb-operator.scrape" -}}
port: metrics
path: /metrics
scheme: http
honorLabels: {{ .honorLabels }}
{{- with .interval }}
interval: {{ . }}
{{- end }}
{{- with .scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- with .relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
