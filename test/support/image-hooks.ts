import { removeSharedImage } from './image/shared-image.ts';
import { stopSharedControlPlane } from './shared-control-plane.ts';

/** Loaded by mocha (`--require`) for the tests of the image. */
export const mochaHooks = {
  async afterAll() {
    await Promise.all([removeSharedImage(), stopSharedControlPlane()]);
  },
};
