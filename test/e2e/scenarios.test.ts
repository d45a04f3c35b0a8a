import type { ApiClient } from '../../src/kubernetes/api-client.ts';
import { installCrds } from '../support/install-crds.ts';
import { readScenarios } from '../support/scenarios/read-scenarios.ts';
import { runScenario } from '../support/scenarios/run-scenario.ts';
import { openScenarioWorld } from '../support/scenarios/scenario-world.ts';
import { createTestNamespace, sharedControlPlane } from '../support/shared-control-plane.ts';
import { type Connection, connectAsAdmin } from '../support/widget-crd.ts';

describe('scenarios', () => {
  let connection: Connection;
  let client: ApiClient;

  before(async () => {
    const controlPlane = await sharedControlPlane();
    await installCrds(controlPlane);
    connection = connectAsAdmin(controlPlane);
    client = connection.client;
  });

  after(() => connection.kubeConfig.close());

  for (const { name, scenario } of readScenarios()) {
    it(`${name}: ${scenario.title}`, async () => {
      const controlPlane = await sharedControlPlane();
      const namespace = await createTestNamespace(`scenario-${name}`);
      const world = await openScenarioWorld(scenario, { controlPlane, client, namespace });
      try {
        await runScenario(scenario, world);
      } finally {
        await world.close();
      }
    });
  }
});
