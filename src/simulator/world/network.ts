import type { Wait } from './process.ts';
import type { Timeline } from './timeline.ts';

/** The migration network: every node has one link, and transfers on a link share it evenly. */
export interface Network {
  start(transfer: TransferRequest): Transfer;
  /** Running transfers into `node`. */
  incoming(node: string): readonly Transfer[];
}

export interface TransferRequest {
  readonly source: string;
  readonly target: string;
  readonly bytes: number;
  /** Bytes a second, 0 for none. */
  readonly limit: number;
}

export interface Transfer {
  readonly request: TransferRequest;
  readonly completed: boolean;
  /** Bytes a second at present. */
  readonly rate: number;
  doneBytes(): number;
  /** Over when everything has arrived. */
  readonly completion: Wait;
  /** Ends it; what has arrived is lost. Harmless when it is complete. */
  cancel(): void;
}

interface Running extends Transfer {
  rate: number;
  completed: boolean;
  settle(): void;
  schedule(): void;
}

export function createNetwork(timeline: Timeline, linkBandwidth: number): Network {
  const running = new Set<Running>();

  function share(node: string): number {
    let users = 0;
    for (const { request } of running) if (request.source === node || request.target === node) users += 1;
    return linkBandwidth / Math.max(1, users);
  }

  // Whenever one starts or ends, all others get other shares from now on.
  function redistribute(): void {
    for (const transfer of running) transfer.settle();
    for (const transfer of running) {
      const { source, target, limit } = transfer.request;
      transfer.rate = Math.min(share(source), share(target), limit > 0 ? limit : Number.POSITIVE_INFINITY);
      transfer.schedule();
    }
  }

  return {
    start(request) {
      const waiting = new Set<() => void>();
      let done = 0;
      let settledAt = timeline.now();
      let unschedule: () => void = () => undefined;
      const transfer: Running = {
        request,
        rate: 0,
        completed: false,
        settle() {
          done = transfer.doneBytes();
          settledAt = timeline.now();
        },
        schedule() {
          unschedule();
          unschedule = timeline.after(Math.ceil(((request.bytes - done) / transfer.rate) * 1000), finish);
        },
        doneBytes() {
          if (transfer.completed) return request.bytes;
          return Math.min(request.bytes, done + (transfer.rate * (timeline.now() - settledAt)) / 1000);
        },
        completion(resume) {
          if (transfer.completed) return timeline.after(0, resume);
          waiting.add(resume);
          return () => waiting.delete(resume);
        },
        cancel() {
          unschedule();
          if (running.delete(transfer)) redistribute();
        },
      };
      function finish(): void {
        transfer.completed = true;
        running.delete(transfer);
        redistribute();
        for (const resume of [...waiting]) resume();
      }
      running.add(transfer);
      redistribute();
      return transfer;
    },
    incoming: (node) => [...running].filter((transfer) => transfer.request.target === node),
  };
}
