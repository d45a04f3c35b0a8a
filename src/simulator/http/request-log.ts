/** A request that was made. */
export interface RequestRecord {
  /** Simulated time, milliseconds since the epoch. */
  readonly time: number;
  readonly method: string;
  /** The node whose port was asked. */
  readonly node: string;
  /** Below `/api2/json`, without query. */
  readonly path: string;
  readonly query: string;
  /** Undefined when nothing was answered. */
  status: number | undefined;
  /** `user@realm!token` */
  user: string | undefined;
}

export interface RequestLog {
  begin(time: number, node: string, method: string, target: string): RequestRecord;
  /** Oldest first; only the newest are kept. */
  all(): readonly RequestRecord[];
}

const KEPT = 20_000;

export function createRequestLog(): RequestLog {
  const records: RequestRecord[] = [];
  return {
    begin(time, node, method, target) {
      const [path = '', query = ''] = target.replace(/^\/api2\/(json|extjs)/, '').split('?');
      const record: RequestRecord = { time, node, method, path, query, status: undefined, user: undefined };
      records.push(record);
      if (records.length > KEPT) records.splice(0, KEPT / 2);
      return record;
    },
    all: () => [...records],
  };
}
