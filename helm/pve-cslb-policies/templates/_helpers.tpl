{{- define "pve-cslb-policies.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{/* The entries of clusters or policies, without those that a later file of values has taken away with null. */}}
{{- define "pve-cslb-policies.entries" -}}
{{- $entries := dict -}}
{{- range $name, $entry := . -}}
{{- if $entry -}}
{{- $_ := set $entries $name $entry -}}
{{- end -}}
{{- end -}}
{{- toYaml $entries -}}
{{- end -}}

{{/* The metadata of an object: expects root, name, and the labels and annotations of its entry. */}}
{{- define "pve-cslb-policies.metadata" -}}
{{- $root := .root -}}
name: {{ .name | quote }}
namespace: {{ include "pve-cslb-policies.namespace" $root | quote }}
labels:
  {{- $own := dict
        "helm.sh/chart" (printf "%s-%s" $root.Chart.Name ($root.Chart.Version | replace "+" "_") | trunc 63 | trimSuffix "-")
        "app.kubernetes.io/name" $root.Chart.Name
        "app.kubernetes.io/instance" $root.Release.Name
        "app.kubernetes.io/version" $root.Chart.AppVersion
        "app.kubernetes.io/managed-by" $root.Release.Service }}
  {{- mergeOverwrite (dict) (deepCopy (default dict $root.Values.commonLabels)) (deepCopy (default dict .labels)) $own | toYaml | nindent 2 }}
{{- with mergeOverwrite (dict) (deepCopy (default dict $root.Values.commonAnnotations)) (deepCopy (default dict .annotations)) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The name of the Secret with the credentials of a cluster: expects name and cluster. */}}
{{- define "pve-cslb-policies.secretName" -}}
{{- .cluster.credentials.existingSecret | default (printf "%s-pve" .name) -}}
{{- end -}}

{{/* The reference to the CA of a cluster as YAML, empty without one: expects name and cluster. */}}
{{- define "pve-cslb-policies.caRef" -}}
{{- with .cluster.ca -}}
{{- $key := .key | default "ca.crt" -}}
{{- if .certificate -}}
{{- toYaml (dict "kind" "ConfigMap" "name" (printf "%s-ca" $.name) "key" $key) -}}
{{- else if .existingConfigMap -}}
{{- toYaml (dict "kind" "ConfigMap" "name" .existingConfigMap "key" $key) -}}
{{- else if .existingSecret -}}
{{- toYaml (dict "kind" "Secret" "name" .existingSecret "key" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
