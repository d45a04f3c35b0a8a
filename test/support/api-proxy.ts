import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpsRequest } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { createIdentity, type KeyPair } from '../../src/simulator/certificates/certificates.ts';
import { GIVE_UP_MS } from './wait-for.ts';

/** A man in the middle of HTTPS, in front of a kube-apiserver or a simulated cluster, that can stop single requests. */
export interface ApiProxy {
  readonly url: string;
  /** PEM of the CA that signed its certificate. */
  readonly caCertificate: string;
  /**
   * Gives the next request that matches, which waits for what is done with it. To be called before the request is made.
   * Rejects when none has come after two minutes.
   */
  hold(what: string, matches: (request: ProxiedRequest) => boolean): Promise<HeldRequest>;
  close(): Promise<void>;
}

export interface ProxiedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly body: string;
}

export interface HeldRequest extends ProxiedRequest {
  /** Sends it on and gives the answer's status; the answer itself is withheld. Works after its sender is gone, too. */
  forward(): Promise<number>;
  /** Gives the sender the answer, after sending the request on where that was not done. */
  release(): Promise<void>;
  /** Cuts the sender's connection; a request that was not sent on never will be. */
  cut(): void;
}

export interface Upstream {
  readonly url: string;
  /** PEM of the CA that signed its certificate. */
  readonly caCertificate: string;
}

interface Hold {
  readonly matches: (request: ProxiedRequest) => boolean;
  readonly deliver: (held: HeldRequest) => void;
}

interface WithheldAnswer {
  readonly message: IncomingMessage;
  readonly body: Buffer;
}

/** A simulated cluster closes idle connections after 5 s. */
const IDLE_MS = 4_000;

/** @param context What else to tell where a held request does not come */
export async function startApiProxy(upstream: Upstream, context = () => ''): Promise<ApiProxy> {
  const identity = await createIdentity('proxy', [{ name: 'proxy', addresses: ['127.0.0.1'] }], Date.now());
  const ca = upstream.caCertificate;
  const kept = new Agent({ keepAlive: true, timeout: IDLE_MS, ca });
  const single = new Agent({ keepAlive: false, ca });
  const timers = new Set<NodeJS.Timeout>();
  const holds: Hold[] = [];

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const request = { method: incoming.method ?? '', path: incoming.url ?? '', body: body.toString('utf8') };
    const index = holds.findIndex(({ matches }) => matches(request));
    const [hold] = index < 0 ? [] : holds.splice(index, 1);
    if (hold) hold.deliver(heldRequest(request, body, incoming, response));
    else await passOn(body, incoming, response);
  }

  async function send(
    body: Buffer,
    incoming: IncomingMessage,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const outgoing = httpsRequest(`${upstream.url}${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers: { ...incoming.headers, host: new URL(upstream.url).host },
      // As the operator's own connections: none is used that the other side may just be closing.
      agent: incoming.method === 'GET' ? kept : single,
      ...(signal ? { signal } : {}),
    });
    outgoing.end(body);
    const [answer]: IncomingMessage[] = await once(outgoing, 'response');
    if (!answer) throw new Error('a response event without a response');
    return answer;
  }

  /** Streams, so that watches work. */
  async function passOn(body: Buffer, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const answer = await send(body, incoming, gone.signal);
    answer.once('error', () => response.destroy());
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
  }

  function heldRequest(
    request: ProxiedRequest,
    body: Buffer,
    incoming: IncomingMessage,
    response: ServerResponse,
  ): HeldRequest {
    let answer: Promise<WithheldAnswer> | undefined;
    const ask = () => {
      answer ??= send(body, incoming).then(async (message) => ({ message, body: await buffer(message) }));
      return answer;
    };
    return {
      ...request,
      forward: async () => (await ask()).message.statusCode ?? 0,
      async release() {
        const { message, body: content } = await ask();
        response.writeHead(message.statusCode ?? 502, message.headers);
        response.end(content);
      },
      cut: () => {
        incoming.socket.destroy();
      },
    };
  }

  const { url, close } = await listen(certificateOf(identity.nodes.proxy), (incoming, response) => {
    // Whatever goes wrong upstream is to its client a connection that ends.
    handle(incoming, response).catch(() => response.destroy());
  });

  return {
    url,
    caCertificate: identity.authority.certificate,
    hold(what, matches) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`Not within ${GIVE_UP_MS / 1000} s: ${what}.\n${context()}`)),
          GIVE_UP_MS,
        );
        timers.add(timer);
        const deliver = (held: HeldRequest) => {
          clearTimeout(timer);
          resolve(held);
        };
        holds.push({ matches, deliver });
      });
    },
    async close() {
      for (const timer of timers) clearTimeout(timer);
      await close();
      kept.destroy();
      single.destroy();
    },
  };
}

async function listen(
  { certificate, key }: KeyPair,
  handler: (incoming: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer({ cert: certificate, key, keepAliveTimeout: 600_000 }, handler);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    url: `https://127.0.0.1:${address.port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function certificateOf(pair: KeyPair | undefined): KeyPair {
  if (!pair) throw new Error('the proxy has no certificate');
  return pair;
}
