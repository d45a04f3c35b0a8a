import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { messageOf, OperatorError } from '../../lib/errors.ts';
import type { ListenAddress } from './listen-address.ts';

export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** By path, without a query. */
export type Pages = Readonly<Record<string, () => Page | Promise<Page>>>;

export interface HttpServer {
  readonly port: number;
  /** Cuts every connection. */
  close(): Promise<void>;
}

const TEXT = 'text/plain; charset=utf-8';
/** A probe or scrape is one small request; whoever takes longer to send it is neither. */
const REQUEST_MS = 5_000;

/**
 * Serves pages to probes and scrapers: GET and HEAD, without authentication, so nothing secret may be on them.
 *
 * @throws OperatorError Usage when the address cannot be served, naming the flag
 */
export async function serve(flag: string, address: ListenAddress, pages: Pages): Promise<HttpServer> {
  const server = createServer(
    { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS },
    (request, response) => {
      answer(request, pages).then(
        (page) => send(request, response, page),
        (error: unknown) => send(request, response, text(500, messageOf(error))),
      );
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(address.port, address.host, resolve);
  }).catch((error: unknown) => {
    const where = `${address.host ?? ''}:${address.port}`;
    const message = `Cannot serve on ${where}: ${messageOf(error)}. Choose another ${flag}, or 0 for none.`;
    throw new OperatorError('Usage', message, { cause: error });
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : address.port,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
    },
  };
}

export function text(status: number, body: string): Page {
  return { status, contentType: TEXT, body: `${body}\n` };
}

async function answer(request: IncomingMessage, pages: Pages): Promise<Page> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'GET and HEAD only');
  const [path = ''] = (request.url ?? '').split('?');
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  return page ? await page() : text(404, `There is ${Object.keys(pages).join(', ')}`);
}

function send(request: IncomingMessage, response: ServerResponse, page: Page): void {
  response.writeHead(page.status, {
    'content-type': page.contentType,
    'content-length': Buffer.byteLength(page.body),
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : page.body);
}
