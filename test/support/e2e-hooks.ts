import { stopSharedControlPlane } from './shared-control-plane.ts';

/** Loaded by mocha (`--require`) for the end-to-end suite. */
export const mochaHooks = {
  afterAll: stopSharedControlPlane,
};
