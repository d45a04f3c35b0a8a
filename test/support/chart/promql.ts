import { parser } from '@prometheus-io/lezer-promql';
import { documentedMetrics } from '../documented-metrics.ts';

type SyntaxNode = ReturnType<typeof parser.parse>['topNode'];

/** What an expression selects. */
export interface Selector {
  readonly metric: string;
  /** Those that are matched. */
  readonly labels: readonly string[];
}

/** Labels that Prometheus gives every series. */
const TARGET_LABELS = ['namespace', 'job', 'instance', 'pod'];
const HISTOGRAM_SUFFIX = /_(bucket|sum|count)$/;

/**
 * Every selector in an expression of PromQL, by Prometheus' own grammar. Grafana's variables may stand in for durations.
 *
 * @throws Error where it is not PromQL
 */
export function selectorsOf(expression: string): readonly Selector[] {
  const text = withDurations(expression);
  const selectors: { metric: string; labels: string[] }[] = [];
  parser.parse(text).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`This is not PromQL at '${text.slice(node.from)}': ${text}`);
      const parent = node.node.parent?.name;
      const word = text.slice(node.from, node.to);
      if (node.name === 'Identifier' && parent === 'VectorSelector')
        selectors.push({ metric: word, labels: [] });
      if (node.name === 'LabelName' && parent === 'UnquotedLabelMatcher') selectors.at(-1)?.labels.push(word);
    },
  });
  return selectors;
}

/** The labels of what an expression gives, where something in it says so (`sum by`, `absent`); undefined: those of each series. */
export function resultLabels(expression: string): readonly string[] | undefined {
  const text = withDurations(expression);
  let node: SyntaxNode | null = parser.parse(text).topNode.firstChild;
  // What is compared, or is there unless something else is, comes first and keeps its labels.
  while (node?.name === 'BinaryExpr') node = node.firstChild;
  const modifier = node?.getChild('AggregateModifier');
  const grouped = modifier?.getChild('By') ? modifier.getChild('GroupingLabels') : undefined;
  const isAbsent = node?.getChild('FunctionIdentifier')?.getChild('Absent');
  if (grouped) return grouped.getChildren('LabelName').map(({ from, to }) => text.slice(from, to));
  if (node?.name === 'AggregateExpr' && !modifier) return [];
  return isAbsent ? selectorsOf(expression)[0]?.labels : undefined;
}

function withDurations(expression: string): string {
  return expression.replaceAll('$__rate_interval', '5m');
}

/** What an expression selects that docs/metrics.md does not have: metrics, and labels they do not carry. */
export function undocumentedIn(expression: string): readonly string[] {
  const metrics = documentedMetrics();
  return selectorsOf(expression).flatMap(({ metric, labels }) => {
    const found = metrics.find(
      ({ name, type }) => name === (type === 'histogram' ? metric.replace(HISTOGRAM_SUFFIX, '') : metric),
    );
    if (found === undefined) return [metric];
    const known = [...found.labels.split(', '), ...TARGET_LABELS];
    return labels.filter((label) => !known.includes(label)).map((label) => `${metric}{${label}}`);
  });
}
