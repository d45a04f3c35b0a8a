import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { PooledKubeConfig } from '../../src/kubernetes/pooled-kube-config.ts';
import type { ClusterIdentity } from '../../src/simulator/certificates/certificates.ts';
import { createIdentity } from '../../src/simulator/certificates/certificates.ts';
import { freePort } from './free-port.ts';

export type RequestSort = 'list' | 'watch' | 'other';

export interface ScriptedRequest {
  readonly sort: RequestSort;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Whether it was answered whole, or its connection was closed. */
  isOver(): boolean;
}

export type Script = (response: ServerResponse, request: ScriptedRequest) => void;

/** An HTTPS server on loopback that answers requests by script: what a real API server would not do on demand. */
export interface ScriptedApiServer {
  readonly url: string;
  readonly requests: ScriptedRequest[];
  /** Each request of the sort takes the next script; the last one stays. */
  script(sort: RequestSort, ...scripts: readonly Script[]): void;
  count(sort: RequestSort): number;
  /** How many connections were ever accepted. */
  readonly connections: number;
  kubeConfig(options?: { readonly caFile?: string; readonly tokenFile?: string }): PooledKubeConfig;
  /** Stops listening and cuts every connection: clients are refused from then on. */
  goDown(): Promise<void>;
  /** Listens again on the same port, with another certificate if one is given. */
  comeUp(identity?: ClusterIdentity): Promise<void>;
}

export async function newServerIdentity(): Promise<ClusterIdentity> {
  return createIdentity('test', [{ name: 'server', addresses: [] }], Date.now());
}

export async function startScriptedApiServer(firstIdentity?: ClusterIdentity): Promise<ScriptedApiServer> {
  const scripts: Record<RequestSort, Script[]> = { list: [], watch: [], other: [] };
  const requests: ScriptedRequest[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let identity = firstIdentity ?? (await newServerIdentity());
  let server = await listen(await freePort());
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}`;

  async function listen(onPort: number): Promise<Server> {
    const pair = identity.nodes.server;
    if (!pair) throw new Error('the identity has no certificate for the server');
    const created = createServer({ cert: pair.certificate, key: pair.key }, (request, response) => {
      readBody(request).then(
        (body) => answer(request, response, body),
        () => undefined,
      );
    });
    created.on('secureConnection', (socket: Socket) => {
      connections += 1;
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    });
    await new Promise<void>((resolve, reject) => {
      created.once('error', reject);
      created.listen(onPort, '127.0.0.1', resolve);
    });
    return created;
  }

  function answer(message: IncomingMessage, response: ServerResponse, body: string): void {
    const { pathname, searchParams } = new URL(message.url ?? '/', url);
    const sort = sortOf(message.method, pathname, searchParams);
    const request: ScriptedRequest = {
      sort,
      method: message.method ?? '',
      path: pathname,
      query: searchParams,
      headers: message.headers,
      body,
      isOver: () => response.closed,
    };
    requests.push(request);
    const queue = scripts[sort];
    const script = queue.length > 1 ? queue.shift() : queue[0];
    if (script) script(response, request);
    else status(501, `no script for ${sort}`)(response, request);
  }

  return {
    url,
    requests,
    script: (sort, ...added) => {
      scripts[sort] = [...added];
    },
    count: (sort) => requests.filter((request) => request.sort === sort).length,
    get connections() {
      return connections;
    },
    kubeConfig({ caFile, tokenFile } = {}) {
      const config = new PooledKubeConfig();
      const caData = Buffer.from(identity.authority.certificate).toString('base64');
      config.loadFromClusterAndUser(
        {
          name: 'test',
          server: url,
          skipTLSVerify: false,
          ...(caFile === undefined ? { caData } : { caFile }),
        },
        {
          name: 'test',
          ...(tokenFile === undefined
            ? { token: 'secret' }
            : { authProvider: { name: 'tokenFile', config: { tokenFile } } }),
        },
      );
      return config;
    },
    async goDown() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async comeUp(next) {
      identity = next ?? identity;
      server = await listen(port);
    },
  };
}

/** Ends the connection without a word. */
export const reset: Script = (response) => {
  response.socket?.destroy();
};

/** Takes the request and never answers. */
export const silence: Script = () => undefined;

export function json(body: object, code = 200): Script {
  return (response) => {
    response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  };
}

export function text(body: string, code = 200): Script {
  return (response) => {
    response.writeHead(code, { 'Content-Type': 'text/html' }).end(body);
  };
}

/** An error as the API server gives it. */
export function status(code: number, message = `status ${code}`): Script {
  return json({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }, code);
}

export function list(resourceVersion: string, ...items: readonly object[]): Script {
  return json({
    kind: 'WidgetList',
    apiVersion: 'test.pve-cslb.io/v1',
    metadata: { resourceVersion },
    items,
  });
}

export function event(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR', object: object): string {
  return `${JSON.stringify({ type, object })}\n`;
}

/** A watch that sends these chunks and then stays open, ends, or breaks. */
export function stream(
  chunks: readonly (string | Buffer)[],
  then: 'stay' | 'end' | 'break' = 'stay',
): Script {
  return (response) => {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.flushHeaders();
    void writeAll(response, chunks).then(() => {
      if (then === 'end') response.end();
      if (then === 'break') response.socket?.destroy();
    });
  };
}

async function writeAll(response: ServerResponse, chunks: readonly (string | Buffer)[]): Promise<void> {
  for (const chunk of chunks) {
    await new Promise((resolve) => response.write(chunk, resolve));
    // So that the next chunk arrives as one of its own.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function sortOf(method: string | undefined, path: string, query: URLSearchParams): RequestSort {
  if (method !== 'GET' || !path.endsWith('/widgets')) return 'other';
  return query.has('watch') ? 'watch' : 'list';
}

async function readBody(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk;
  return body;
}
