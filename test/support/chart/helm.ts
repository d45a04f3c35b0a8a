import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChartTools } from '../../../scripts/chart-tools.mjs';
import { type CommandResult, runCommand } from '../run-command.ts';

const CHARTS = new URL('../../../helm/', import.meta.url);

/** The folder of a chart of this project. */
export function chartFolder(name: string): string {
  return fileURLToPath(new URL(name, CHARTS));
}

/** Where a chart tool is; it is built first where it is missing. */
export async function chartTool(name: 'helm' | 'kubeconform'): Promise<string> {
  return join(await ensureChartTools(process.env), name);
}

/**
 * Runs helm to its end, whatever its exit code, with settings of nobody: no repositories, plugins or cluster but the one
 * of `kubeconfig`.
 */
export async function runHelm(
  args: readonly string[],
  { kubeconfig = '/nowhere', input = '' }: { readonly kubeconfig?: string; readonly input?: string } = {},
): Promise<CommandResult> {
  const home = mkdtempSync(join(tmpdir(), 'pve-cslb-helm-'));
  try {
    const environment = {
      PATH: process.env.PATH,
      HOME: home,
      HELM_CONFIG_HOME: join(home, 'config'),
      HELM_CACHE_HOME: join(home, 'cache'),
      HELM_DATA_HOME: join(home, 'data'),
      KUBECONFIG: kubeconfig,
    };
    return await runCommand(await chartTool('helm'), args, environment, input);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
