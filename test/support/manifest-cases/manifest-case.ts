/**
 * Manifests on which offline validation and the API server must agree: `test/unit/api` judges them offline,
 * `test/e2e/crds.test.ts` by `kubectl apply`.
 */
export interface ManifestCase {
  readonly title: string;
  /** YAML, one document. */
  readonly manifest: string;
  /** What offline validation says, field and message; undefined when the manifest is valid. */
  readonly refusedWith?: string;
  /** What kubectl says, where that is not `refusedWith`'s field and message. */
  readonly kubectlSays?: string;
}
