import type { Route } from '../http/route.ts';
import { accessRoutes } from './access.ts';
import { clusterRoutes } from './cluster.ts';
import { guestConfigRoutes } from './guest-config.ts';
import { guestRoutes } from './guests.ts';
import { haResourceRoutes } from './ha-resources.ts';
import { haRuleRoutes } from './ha-rules.ts';
import { haStatusRoutes } from './ha-status.ts';
import { metricRoutes } from './metrics.ts';
import { migrateRoutes } from './migrate.ts';
import { monitoringRoutes } from './monitoring.ts';
import { nodeRoutes } from './nodes.ts';
import { optionRoutes } from './options.ts';
import { poolRoutes } from './pools.ts';
import { preconditionRoutes } from './preconditions.ts';
import { resourceRoutes } from './resources.ts';
import { rrdRoutes } from './rrddata.ts';
import { storageRoutes } from './storages.ts';
import { taskRoutes } from './tasks.ts';
import { ticketRoutes } from './ticket.ts';
import { versionRoutes } from './version.ts';

/** Every endpoint that is served; anything else is a 501. */
export const routes: readonly Route[] = [
  ...versionRoutes,
  ...ticketRoutes,
  ...accessRoutes,
  ...clusterRoutes,
  ...resourceRoutes,
  ...optionRoutes,
  ...metricRoutes,
  ...monitoringRoutes,
  ...haStatusRoutes,
  ...haResourceRoutes,
  ...haRuleRoutes,
  ...nodeRoutes,
  ...guestRoutes,
  ...guestConfigRoutes,
  ...rrdRoutes,
  ...preconditionRoutes,
  ...migrateRoutes,
  ...taskRoutes,
  ...poolRoutes,
  ...storageRoutes,
];
