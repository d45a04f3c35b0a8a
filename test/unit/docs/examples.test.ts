import { expect } from 'chai';
import { API_VERSION } from '../../../src/api/resource.ts';
import { isRecord, type StructuralSchema } from '../../../src/api/validation/structural-schema.ts';
import { validateManifest } from '../../../src/api/validation/validate-manifest.ts';
import { windowState } from '../../../src/controllers/balance-policy/windows.ts';
import { CRD_FILES } from '../../support/crd-files.ts';
import { DOCUMENTED_MANIFESTS } from '../../support/documented-manifests.ts';

const NOW = Date.UTC(2026, 0, 1);

const objects = DOCUMENTED_MANIFESTS.flatMap((manifest) => manifest.objects).filter(isRecord);

/** Paths of the settings that are no objects themselves. */
function settingsOf(schema: StructuralSchema | undefined, path: string): readonly string[] {
  if (!schema?.properties) return [path];
  return Object.entries(schema.properties).flatMap(([key, property]) =>
    settingsOf(property, path ? `${path}.${key}` : key),
  );
}

function isGiven(value: unknown, path: string): boolean {
  return (
    path.split('.').reduce((inner, key) => (isRecord(inner) ? inner[key] : undefined), value) !== undefined
  );
}

describe('the examples of the documentation', () => {
  for (const { place, objects: documents } of DOCUMENTED_MANIFESTS) {
    it(`are valid: ${place}`, () => {
      for (const document of documents) {
        expect(document).to.include.keys('apiVersion', 'kind', 'metadata');
        if (!isRecord(document) || document.apiVersion !== API_VERSION) continue;
        const validation = validateManifest(document);
        expect(validation).to.have.property('kind', 'Valid', JSON.stringify(validation));
        if (validation.kind === 'Valid' && validation.object.kind === 'BalancePolicy') {
          const { windows } = validation.object.spec;
          expect(() => windowState(windows, NOW)).not.to.throw();
        }
      }
    });
  }

  for (const { kind, schema } of CRD_FILES) {
    it(`show every setting of a ${kind}`, () => {
      const specs = objects.filter((each) => each.kind === kind).map(({ spec }) => spec);
      const missing = settingsOf(schema.properties?.spec, '').filter(
        (path) => !specs.some((spec) => isGiven(spec, path)),
      );
      expect(missing).to.deep.equal([]);
    });
  }
});
