{{/* The comparisons of an expression with a number; a product of numbers, as 8 * 3600, is one. */}}
{{- define "usage-exporter.comparison" -}}
[<>]=?\s*(bool\s+)?-?[0-9][0-9.]*(\s*\*\s*[0-9][0-9.]*)*
{{- end }}

{{/* An expression that compares with other numbers; takes "rule" and "thresholds". */}}
{{- define "usage-exporter.expression" -}}
{{- $pattern := include "usage-exporter.comparison" . }}
{{- $found := regexFindAll $pattern .rule.expr -1 }}
{{- if ne (len $found) (len .thresholds) }}
{{- fail (printf "usage-exporter: prometheusRule.customRules.%s.thresholds: give a number for each of these, in this order: %s" .rule.alert (default "none" (join ", " $found))) }}
{{- end }}
{{- $parts := regexSplit $pattern .rule.expr -1 }}
{{- $expression := first $parts }}
{{- range $place, $comparison := $found }}
{{- $operator := regexFind "^[<>]=?\\s*(bool\\s+)?" $comparison }}
{{- $threshold := index $.thresholds $place }}
{{- /* A number as JSON, because printf writes seven million as 7e+06. */}}
{{- $threshold = ternary $threshold (toJson $threshold) (kindIs "string" $threshold) }}
{{- $expression = printf "%s%s%s%s" $expression $operator $threshold (index $parts (add1 $place)) }}
{{- end }}
{{- toYaml (dict "expr" $expression) }}
{{- end }}

{{/* An alert as the values want it; takes "rule" and "settings". */}}
{{- define "usage-exporter.alert" -}}
{{- $rule := deepCopy .rule }}
{{- $custom := default dict (get .settings.customRules $rule.alert) }}
{{- with $custom.thresholds }}
{{- $rule = merge (include "usage-exporter.expression" (dict "rule" $rule "thresholds" .) | fromYaml) $rule }}
{{- end }}
{{- with $custom.for }}
{{- $_ := set $rule "for" . }}
{{- end }}
{{- $labels := mergeOverwrite (default dict $rule.labels) .settings.additionalRuleLabels }}
{{- with $custom.severity }}
{{- $_ := set $labels "severity" . }}
{{- end }}
{{- $annotations := mergeOverwrite (default dict $rule.annotations) .settings.additionalRuleAnnotations (default dict $custom.annotations) }}
{{- with .settings.runbookUrl }}
{{- $_ := set $annotations "runbook_url" (printf "%s/%s" (trimSuffix "/" .) (base $annotations.runbook_url)) }}
{{- end }}
{{- toYaml (mergeOverwrite $rule (dict "labels" $labels "annotations" $annotations)) }}
{{- end }}

{{/* Groups without the alerts that are switched off; takes "groups" and "settings". */}}
{{- define "usage-exporter.groups" -}}
{{- $settings := .settings }}
{{- $groups := list }}
{{- range $group := .groups }}
{{- $rules := list }}
{{- range $group.rules }}
{{- if not .alert }}
{{- $rules = append $rules . }}
{{- else if not (get $settings.disabled .alert) }}
{{- $rules = append $rules (include "usage-exporter.alert" (dict "rule" . "settings" $settings) | fromYaml) }}
{{- end }}
{{- end }}
{{- if $rules }}
{{- $groups = append $groups (mergeOverwrite (deepCopy $group) (dict "rules" $rules)) }}
{{- end }}
{{- end }}
{{- toYaml (dict "groups" $groups) }}
{{- end }}
