/** A structural schema, as CRDs have it (`openAPIV3Schema`), with the keywords that ours use. */
export interface StructuralSchema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema;
  readonly items?: StructuralSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-validations'?: readonly Rule[];
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

/** A validation rule in CEL. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
}

/** Something that a manifest has and may not have, or lacks. */
export interface Problem {
  /** Where, such as `spec.exclusions.vmids[3]`; empty for the document as a whole. */
  readonly path: string;
  /** What is wrong and what is allowed, to be read after the path: `must be a percentage ...`. */
  readonly message: string;
}

/** From the steps to a field to its path as people write it: `['spec', 'endpoints', 0]` to `spec.endpoints[0]`. */
export function formatPath(steps: readonly (string | number)[]): string {
  return steps
    .map((step) => {
      if (typeof step === 'number') return `[${step}]`;
      return /^[\w-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
    })
    .join('')
    .replace(/^\./, '');
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
