import { runHelm } from './helm.ts';

/** Runs helm against the cluster of a kubeconfig and gives what it wrote to stdout. Throws where it fails. */
export async function helmOnCluster(
  kubeconfig: string,
  args: readonly string[],
  input = '',
): Promise<string> {
  const { code, stdout, stderr } = await runHelm(args, { kubeconfig, input });
  if (code !== 0) throw new Error(`helm ${args.join(' ')} failed: ${stderr.trim()}`);
  return stdout;
}
