import type { KubernetesObject, NewKubernetesObject } from '../../src/kubernetes/kubernetes-object.ts';
import type { Lab } from './lab.ts';

/** A tool that keeps objects as manifests say, by forced server-side applies under a field manager of its own. */
export interface GitOpsManager {
  readonly fieldManager: string;
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

export function createGitOpsManager(lab: Lab, fieldManager: string): GitOpsManager {
  async function run(manifest: NewKubernetesObject, options: readonly string[]): Promise<AppliedObject> {
    const common = ['apply', '--server-side', '--force-conflicts', `--field-manager=${fieldManager}`];
    const output = ['--output=json', '--show-managed-fields', '--filename=-'];
    return JSON.parse(await lab.kubectl([...common, ...options, ...output], JSON.stringify(manifest)));
  }
  return {
    fieldManager,
    apply: (manifest) => run(manifest, []),
    preview: (manifest) => run(manifest, ['--dry-run=server']),
  };
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
