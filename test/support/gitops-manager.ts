import { isRecord } from '../../src/api/validation/structural-schema.ts';
import type { KubernetesObject, NewKubernetesObject } from '../../src/kubernetes/kubernetes-object.ts';
import type { Lab } from './lab.ts';
import { waitFor } from './wait-for.ts';

/** A tool that keeps objects as manifests say, by forced server-side applies under a field manager of its own. */
export interface GitOpsTool {
  readonly fieldManager: string;
  /** Flux makes what was set with kubectl its own first, and so removes what its manifest does not have. */
  readonly takesOverFromKubectl: boolean;
}

export const FLUX: GitOpsTool = { fieldManager: 'kustomize-controller', takesOverFromKubectl: true };
export const ARGO_CD: GitOpsTool = { fieldManager: 'argocd-controller', takesOverFromKubectl: false };

export interface GitOpsManager {
  /** As the tools do it every few minutes, whatever there is. Gives the object as it is then. */
  apply(manifest: NewKubernetesObject): Promise<AppliedObject>;
  /** What an apply would make of the object, as the tools find differences. */
  preview(manifest: NewKubernetesObject): Promise<AppliedObject>;
}

export type AppliedObject = KubernetesObject & {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly metadata: { readonly managedFields?: readonly ManagedFields[] };
};

/** An entry of `metadata.managedFields`. */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: string;
  readonly subresource?: string;
  readonly fieldsV1: Readonly<Record<string, unknown>>;
}

export function createGitOpsManager(lab: Lab, tool: GitOpsTool): GitOpsManager {
  const { fieldManager, takesOverFromKubectl } = tool;

  async function run(manifest: NewKubernetesObject, options: readonly string[]): Promise<AppliedObject> {
    const common = ['apply', '--server-side', '--force-conflicts', `--field-manager=${fieldManager}`];
    const output = ['--output=json', '--show-managed-fields', '--filename=-'];
    return JSON.parse(await lab.kubectl([...common, ...options, ...output], JSON.stringify(manifest)));
  }

  async function takeOver({ kind, metadata }: NewKubernetesObject): Promise<void> {
    const name = `${kind.toLowerCase()}/${metadata.name}`;
    // Like the tool, which tries again where somebody wrote the object meanwhile: here the operator, its status.
    const attempt = () => takeOverOnce(name).then(() => true);
    await waitFor(`what kubectl set of ${name} is taken over`, attempt, Boolean);
  }

  async function takeOverOnce(name: string): Promise<void> {
    const get = ['get', name, '--ignore-not-found', '--output=json', '--show-managed-fields'];
    const found = await lab.kubectl(get);
    if (found === '') return;
    const object: AppliedObject = JSON.parse(found);
    const before = object.metadata.managedFields ?? [];
    const taken = before.filter(({ manager }) => manager.startsWith('kubectl'));
    const own = before.find((entry) => isOwn(entry));
    if (taken.length === 0 || own === undefined) return;
    const fieldsV1 = taken.map((entry) => entry.fieldsV1).reduce(mergeFields, own.fieldsV1);
    const rest = before.filter((entry) => entry !== own && !taken.includes(entry));
    const patch = [
      { op: 'test', path: '/metadata/resourceVersion', value: object.metadata.resourceVersion },
      { op: 'replace', path: '/metadata/managedFields', value: [...rest, { ...own, fieldsV1 }] },
    ];
    await lab.kubectl(['patch', name, '--type=json', `--patch=${JSON.stringify(patch)}`]);
  }

  function isOwn({ manager, operation, subresource }: ManagedFields): boolean {
    return manager === fieldManager && operation === 'Apply' && subresource === undefined;
  }

  return {
    async apply(manifest) {
      if (takesOverFromKubectl) await takeOver(manifest);
      return run(manifest, []);
    },
    preview: (manifest) => run(manifest, ['--dry-run=server']),
  };
}

type Fields = ManagedFields['fieldsV1'];

/** The union of two sets of fields. */
function mergeFields(left: Fields, right: Fields): Fields {
  const merged: Record<string, unknown> = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const other = merged[key];
    merged[key] = isRecord(other) && isRecord(value) ? mergeFields(other, value) : value;
  }
  return merged;
}

/** Who holds which of the object's uppermost fields: `kustomize-controller: metadata spec`. */
export function holdersOf({ metadata }: AppliedObject): readonly string[] {
  return (metadata.managedFields ?? [])
    .map(({ manager, operation, subresource, fieldsV1 }) => {
      const fields = Object.keys(fieldsV1).map((key) => key.replace(/^f:/, ''));
      const where = subresource === undefined ? '' : ` of /${subresource}`;
      return `${manager} by ${operation}${where}: ${fields.toSorted().join(' ')}`;
    })
    .toSorted();
}
