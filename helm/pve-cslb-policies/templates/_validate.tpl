{{/* Refuses what contradicts itself and what the schema cannot tell in a sentence: expects name and cluster. */}}
{{- define "pve-cslb-policies.validateCluster" -}}
{{- $credentials := .cluster.credentials -}}
{{- $at := printf "clusters.%s.credentials" .name -}}
{{- $token := or $credentials.tokenId $credentials.tokenSecret -}}
{{- $login := or $credentials.username $credentials.password -}}
{{- if and $credentials.existingSecret (or $token $login) -}}
{{- fail (printf "%s has both existingSecret and credentials of its own: keep one of them." $at) -}}
{{- end -}}
{{- if and $token $login -}}
{{- fail (printf "%s has both a token and a login: give tokenId and tokenSecret, or username and password." $at) -}}
{{- end -}}
{{- if not (or $credentials.existingSecret $token $login) -}}
{{- fail (printf "%s has no credentials: name a Secret in existingSecret, or give tokenId and tokenSecret, or username and password." $at) -}}
{{- end -}}
{{- if and $token (not (and $credentials.tokenId $credentials.tokenSecret)) -}}
{{- fail (printf "%s has only half of a token: give both tokenId and tokenSecret." $at) -}}
{{- end -}}
{{- if and $login (not (and $credentials.username $credentials.password)) -}}
{{- fail (printf "%s has only half of a login: give both username and password." $at) -}}
{{- end -}}
{{- if and $credentials.existingSecret (hasKey $credentials "bindEndpoints") -}}
{{- fail (printf "%s has bindEndpoints beside existingSecret: a Secret that exists says for itself, with its key `endpoints`, where it may be sent." $at) -}}
{{- end -}}
{{- with .cluster.ca -}}
{{- $at := printf "clusters.%s.ca" $.name -}}
{{- if gt (len (compact (list .certificate .existingConfigMap .existingSecret))) 1 -}}
{{- fail (printf "%s has more than one of certificate, existingConfigMap and existingSecret: keep one of them." $at) -}}
{{- end -}}
{{- if not (or .certificate .existingConfigMap .existingSecret) -}}
{{- fail (printf "%s has no CA: give certificate, or name an object in existingConfigMap or existingSecret." $at) -}}
{{- end -}}
{{- if dig "tls" "insecureSkipVerify" false $.cluster.spec -}}
{{- fail (printf "%s stands beside spec.tls.insecureSkipVerify, which takes any certificate: remove one of them." $at) -}}
{{- end -}}
{{- end -}}
{{- end -}}
