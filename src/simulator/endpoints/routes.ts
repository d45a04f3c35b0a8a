import type { Route } from '../http/route.ts';
import { accessRoutes } from './access.ts';
import { clusterRoutes } from './cluster.ts';
import { guestConfigRoutes } from './guest-config.ts';
import { guestRoutes } from './guests.ts';
import { haRoutes } from './ha.ts';
import { migrateRoutes } from './migrate.ts';
import { nodeRoutes } from './nodes.ts';
import { poolRoutes } from './pools.ts';
import { resourceRoutes } from './resources.ts';
import { storageRoutes } from './storages.ts';
import { taskRoutes } from './tasks.ts';
import { versionRoutes } from './version.ts';

/** Every endpoint that is served; anything else is a 501. */
export const routes: readonly Route[] = [
  ...versionRoutes,
  ...accessRoutes,
  ...clusterRoutes,
  ...resourceRoutes,
  ...haRoutes,
  ...nodeRoutes,
  ...guestRoutes,
  ...guestConfigRoutes,
  ...migrateRoutes,
  ...taskRoutes,
  ...poolRoutes,
  ...storageRoutes,
];
