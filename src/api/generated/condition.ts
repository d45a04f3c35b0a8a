// Generated from crds/ by `npm run generate`. Do not edit.

/**
 * One aspect of the state of this object.
 */
export interface Condition {
  /**
   * Which aspect it is.
   */
  readonly type: string;
  /**
   * Whether it holds.
   */
  readonly status: 'True' | 'False' | 'Unknown';
  /**
   * The generation of the spec that the condition describes.
   */
  readonly observedGeneration?: number;
  /**
   * When the status of the condition last changed.
   */
  readonly lastTransitionTime: string;
  /**
   * Why, as one word of a documented list.
   */
  readonly reason: string;
  /**
   * Why, as a sentence.
   */
  readonly message: string;
}
