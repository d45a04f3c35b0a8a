import { NODE } from '../http/parameters.ts';
import type { Call, Route } from '../http/route.ts';

function version(call: Call) {
  const { profile } = call;
  return { version: profile.version, release: profile.release, repoid: profile.repositoryId };
}

export const versionRoutes: readonly Route[] = [
  { method: 'GET', path: '/version', parameters: {}, forwarded: false, handle: version },
  {
    method: 'GET',
    path: '/nodes/{node}/version',
    parameters: { node: NODE },
    forwarded: true,
    handle: version,
  },
];
