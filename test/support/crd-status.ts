import { wrongShapes } from '../../src/api/validation/shape.ts';
import { CRD_FILES } from './crd-files.ts';

/** What the API server would refuse of a status, each as a sentence. */
export function statusProblems(kind: 'BalancePolicy' | 'PveCluster', status: unknown): readonly string[] {
  const schema = CRD_FILES.find((crd) => crd.kind === kind)?.schema.properties?.status;
  if (!schema) throw new Error(`${kind} has no status in its CRD`);
  if (status === undefined) return [];
  const stored: unknown = JSON.parse(JSON.stringify(status));
  return wrongShapes(schema, stored).map(({ path, message }) => `${path} ${message}`);
}
