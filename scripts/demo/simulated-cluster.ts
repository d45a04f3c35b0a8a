import { readFileSync } from 'node:fs';
import type { ScenarioDocument } from '../../src/simulator/scenario/document.ts';
import { parseScenario } from '../../src/simulator/scenario/read-document.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { LabConnection } from './values.ts';

export interface SimulatedCluster {
  readonly simulator: Simulator;
  readonly connection: LabConnection;
  /** For people: `6 nodes, 60 guests, 20 times faster`. */
  readonly description: string;
}

export async function startSimulatedCluster(): Promise<SimulatedCluster> {
  const scenario = parseScenario(readFileSync(new URL('scenario.yaml', import.meta.url), 'utf8'));
  const simulator = await startSimulator({ scenario });
  const { id: tokenId, secret: tokenSecret } = tokenOf(scenario);
  const nodes = simulator.cluster.nodes().length;
  const guests = simulator.cluster.guests().length;
  return {
    simulator,
    connection: { endpoint: simulator.url, tokenId, tokenSecret, caCertificate: simulator.caCertificate },
    description: `${nodes} nodes, ${guests} guests, ${scenario.speed ?? 1} times faster`,
  };
}

/** The token that the scenario has for the operator; its id is `user@realm!token`. */
export function tokenOf({ users }: ScenarioDocument): { readonly id: string; readonly secret: string } {
  const [token] = users.flatMap(({ name, tokens = [] }) =>
    tokens.map(({ id, secret }) => ({ id: `${name}!${id}`, secret })),
  );
  if (token) return token;
  throw new Error('The scenario has no user with a token for the operator.');
}
