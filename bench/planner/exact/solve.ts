import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SolverAnswer, SolverTask } from './solver-worker.ts';

/** Solves a problem in a thread of its own: HiGHS does not give way to anything else while it works. */
export async function solve(task: SolverTask): Promise<SolverAnswer> {
  const worker = new Worker(new URL('./solver-worker.ts', import.meta.url), { workerData: task });
  try {
    const [answer]: SolverAnswer[] = await once(worker, 'message');
    if (answer === undefined) throw new Error('The solver ended without an answer.');
    return answer;
  } finally {
    await worker.terminate();
  }
}
