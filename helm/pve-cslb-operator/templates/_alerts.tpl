{{- /*
The alerts, without what every one of them gets. docs/runbook.md has a section for each, by its name. Their labels are those of what
they are about, and not of the pod that tells of it: a new leader must not begin the time of `for` anew. Where that is long, what the
last pod said holds until the next one speaks.
*/ -}}
{{- define "pve-cslb-operator.alerts" -}}
{{- $namespace := include "pve-cslb-operator.namespace" . | quote -}}
- alert: PveCslbOperatorDown
  expr: absent(pve_cslb_build_info{namespace={{ $namespace }}})
  for: 5m
  labels:
    severity: critical
  annotations:
    summary: No operator tells Prometheus of itself.
    description: No metrics of the operator in {{ include "pve-cslb-operator.namespace" . }} for 5 minutes. Nothing is balanced while it is down; migrations under way go on.
- alert: PveCslbNoLeader
  expr: max by (namespace, name) (leader_election_master_status{namespace={{ $namespace }},name={{ include "pve-cslb-operator.leaseName" . | quote }}}) == 0
  for: 2m
  labels:
    severity: critical
  annotations:
    summary: Operators run, but none of them leads.
    description: None of the operators in {{ include "pve-cslb-operator.namespace" . }} has held the Lease {{ include "pve-cslb-operator.leaseName" . }} for 2 minutes, so nothing is balanced.
- alert: PveCslbPanic
  expr: sum by (namespace, controller) (increase(controller_runtime_reconcile_panics_total{namespace={{ $namespace }},controller=~"balancepolicy|pvecluster"}[1h])) > 0
  labels:
    severity: warning
  annotations:
    summary: The operator met an error that nobody foresaw.
    description: The controller {{ "{{ $labels.controller }}" }} met an error that nobody foresaw, which is a bug. Its log has the stack.
- alert: PveCslbClusterUnreachable
  expr: max by (namespace, cluster) (pve_cslb_cluster_condition{condition="Reachable",status="False"}) == 1
  for: 5m
  labels:
    severity: warning
  annotations:
    summary: A Proxmox VE cluster does not answer.
    description: No endpoint of the PveCluster {{ "{{ $labels.namespace }}/{{ $labels.cluster }}" }} has answered for 5 minutes.
- alert: PveCslbClusterForbidden
  expr: max by (namespace, cluster) (pve_cslb_cluster_condition{condition="Authorized",status="False"}) == 1
  for: 5m
  labels:
    severity: warning
  annotations:
    summary: A Proxmox VE cluster refuses the operator's credentials.
    description: The PveCluster {{ "{{ $labels.namespace }}/{{ $labels.cluster }}" }} refuses the credentials, or they lack privileges that its status names.
- alert: PveCslbClusterNotQuorate
  expr: max by (namespace, cluster) (pve_cslb_cluster_condition{condition="Quorate",status="False"}) == 1
  for: 5m
  labels:
    severity: critical
  annotations:
    summary: A Proxmox VE cluster has lost its quorum.
    description: The PveCluster {{ "{{ $labels.namespace }}/{{ $labels.cluster }}" }} has had no quorum for 5 minutes, so nothing can be changed in it.
- alert: PveCslbPolicyStalled
  expr: max by (namespace, policy) (pve_cslb_policy_condition{condition="Stalled",status="True"}) == 1
  for: 10m
  labels:
    severity: warning
  annotations:
    summary: A policy needs a person.
    description: The BalancePolicy {{ "{{ $labels.namespace }}/{{ $labels.policy }}" }} cannot go on by itself. Its condition Stalled says what to do.
- alert: PveCslbPolicyNotReady
  expr: >-
    max by (namespace, policy) (last_over_time(pve_cslb_policy_condition{condition="Ready",status="False"}[15m])) == 1
    unless on (namespace, policy) pve_cslb_policy_condition{condition="Stalled",status="True"} == 1
  for: 1h
  labels:
    severity: warning
  annotations:
    summary: A policy cannot do its job.
    description: The BalancePolicy {{ "{{ $labels.namespace }}/{{ $labels.policy }}" }} has not been ready for an hour. Its condition Ready says why.
- alert: PveCslbPolicyNotEvaluated
  expr: >-
    max by (namespace, policy) (pve_cslb_evaluation_age_seconds) > {{ .Values.metrics.prometheusRule.evaluationAgeSeconds }}
    unless on (namespace, policy) pve_cslb_migrations_in_flight > 0
  for: 5m
  labels:
    severity: warning
  annotations:
    summary: A policy is not evaluated.
    description: The BalancePolicy {{ "{{ $labels.namespace }}/{{ $labels.policy }}" }} was evaluated last {{ "{{ $value | humanizeDuration }}" }} ago.
- alert: PveCslbDataIncomplete
  expr: max by (namespace, policy) (last_over_time(pve_cslb_policy_condition{condition="DataComplete",status="False"}[15m])) == 1
  for: 1h
  labels:
    severity: warning
  annotations:
    summary: A policy does not know all of its cluster.
    description: The BalancePolicy {{ "{{ $labels.namespace }}/{{ $labels.policy }}" }} has been unable to read some nodes or guests for an hour. They are left out.
- alert: PveCslbUnbalanced
  expr: max by (namespace, policy) (last_over_time(pve_cslb_policy_condition{condition="Balanced",status="False"}[15m])) == 1
  for: 24h
  labels:
    severity: info
  annotations:
    summary: A cluster stays out of balance.
    description: The cluster of the BalancePolicy {{ "{{ $labels.namespace }}/{{ $labels.policy }}" }} has been out of tolerance for a day.
- alert: PveCslbMigrationsFailing
  expr: sum by (namespace, policy) (increase(pve_cslb_migrations_total{outcome="Failed"}[1h])) >= 3
  labels:
    severity: warning
  annotations:
    summary: Migrations fail.
    description: 3 or more migrations of the BalancePolicy {{ "{{ $labels.namespace }}/{{ $labels.policy }}" }} have failed within an hour. Its history has their messages.
- alert: PveCslbMigrationOverdue
  expr: sum by (namespace, policy) (pve_cslb_migrations_in_flight{state="Overdue"}) > 0
  for: 5m
  labels:
    severity: warning
  annotations:
    summary: A migration takes too long.
    description: The BalancePolicy {{ "{{ $labels.namespace }}/{{ $labels.policy }}" }} has {{ "{{ $value }}" }} migrations that have run longer than their timeout. They are never ended by the operator.
{{- end -}}
