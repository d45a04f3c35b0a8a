import type { StructuralSchema } from './structural-schema.ts';

const STRINGS: StructuralSchema = {
  type: 'object',
  additionalProperties: { type: 'string' },
};
const TEXT: StructuralSchema = { type: 'string' };

/**
 * What the API server takes as `metadata`; the CRDs leave it open, since the server checks it by itself. Fields that it
 * fills in are known, so that an exported object is valid, but not looked into.
 */
export const METADATA_SCHEMA: StructuralSchema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: {
      type: 'string',
      maxLength: 253,
      'x-kubernetes-validations': [
        {
          rule: "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",
          message: "must be a name of lower case letters, digits, '-' and '.', such as 'lab'",
        },
      ],
    },
    namespace: {
      type: 'string',
      maxLength: 63,
      'x-kubernetes-validations': [
        {
          rule: "self.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$')",
          message: "must be a name of lower case letters, digits and '-', such as 'proxmox'",
        },
      ],
    },
    labels: STRINGS,
    annotations: STRINGS,
    generateName: TEXT,
    uid: TEXT,
    resourceVersion: TEXT,
    selfLink: TEXT,
    creationTimestamp: TEXT,
    deletionTimestamp: TEXT,
    generation: { type: 'integer' },
    deletionGracePeriodSeconds: { type: 'integer' },
    finalizers: { type: 'array', items: TEXT },
    ownerReferences: { type: 'array' },
    managedFields: { type: 'array' },
  },
};
