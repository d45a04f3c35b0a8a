import { Environment } from '@marcbachmann/cel-js';
import { isRecord } from '../../src/api/validation/structural-schema.ts';
import { DOCUMENTED_MANIFESTS } from './documented-manifests.ts';
import type { Judged, KStatus } from './kstatus.ts';

type Expressions = Readonly<Partial<Record<'inProgress' | 'failed' | 'current', string>>>;

const environment = new Environment().registerVariable('metadata', 'dyn').registerVariable('status', 'dyn');

/** The expressions for a kind in the documented Kustomization of Flux. */
export function documentedExpressions(kind: string): Expressions {
  for (const object of DOCUMENTED_MANIFESTS.flatMap(({ objects }) => objects)) {
    if (!isRecord(object) || !isRecord(object.spec) || !Array.isArray(object.spec.healthCheckExprs)) continue;
    const found = object.spec.healthCheckExprs.find((each) => each.kind === kind);
    if (found !== undefined) return found;
  }
  throw new Error(`No page has healthCheckExprs for ${kind}.`);
}

/** What Flux makes of an object by `spec.healthCheckExprs`, in its order. */
export function fluxJudgement(object: Judged, expressions: Expressions): KStatus {
  const { generation } = object.metadata;
  const { observedGeneration } = object.status ?? {};
  if (observedGeneration !== undefined && observedGeneration !== generation) return 'InProgress';
  const { metadata, status } = JSON.parse(JSON.stringify(object));
  const holds = (expression: string | undefined) =>
    expression !== undefined && environment.evaluate(expression, { metadata, status }) === true;
  if (holds(expressions.inProgress)) return 'InProgress';
  if (holds(expressions.failed)) return 'Failed';
  if (holds(expressions.current)) return 'Current';
  return 'InProgress';
}
