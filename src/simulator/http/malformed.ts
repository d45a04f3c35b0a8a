import type { ServerResponse } from 'node:http';

import type { Answer } from './answer.ts';
import type { Malformation } from './faults.ts';

/** What becomes of an answer on its way. */
export function malform(answer: Answer, malformation: Exclude<Malformation, 'endless'>): Answer {
  const body = answer.body ?? '';
  switch (malformation) {
    case 'html':
      return { ...answer, contentType: 'text/html', body: '<html><body>Please log in</body></html>' };
    case 'truncated':
      return { ...answer, body: body.slice(0, Math.ceil(body.length / 2)) };
    case 'nullData':
      return { ...answer, body: '{"data":null}' };
    case 'stringNumbers':
      return { ...answer, body: JSON.stringify(JSON.parse(body), numberToString) };
  }
}

function numberToString(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value;
}

const PIECE = `${JSON.stringify({ id: 'qemu/100', type: 'qemu', filler: 'x'.repeat(16_000) })},`;

/** Sends a body until nobody listens any more. */
export function sendEndless(response: ServerResponse, stopped: AbortSignal): void {
  response.writeHead(200, 'OK', { 'Content-Type': 'application/json;charset=UTF-8' });
  response.write('{"data":[');
  const more = () => {
    while (!response.destroyed && !stopped.aborted) {
      if (!response.write(PIECE)) return void response.once('drain', more);
    }
  };
  more();
}
