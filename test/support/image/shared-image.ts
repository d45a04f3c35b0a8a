import { type BuiltImage, buildImage } from './built-image.ts';
import { missingForImage } from './requirements.ts';

let shared: Promise<BuiltImage> | undefined;

/** The one image of this mocha run, built for whoever asks first. Skips the caller's tests, and says why, where it cannot be built here. */
export function sharedImage(context: Mocha.Context): Promise<BuiltImage> {
  const missing = missingForImage();
  if (missing !== undefined) {
    console.log(`  Skipped: ${missing}`);
    context.skip();
  }
  shared ??= buildImage();
  return shared;
}

export async function removeSharedImage(): Promise<void> {
  const built = shared;
  shared = undefined;
  // Where it could not be built there is nothing to remove, and the tests that asked for it have said so.
  const image = await built?.catch(() => undefined);
  await image?.remove();
}
