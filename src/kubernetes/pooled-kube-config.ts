import { isDeepStrictEqual } from 'node:util';
import {
  type Cluster,
  type DispatcherOptions,
  KubeConfig,
  type RequestContext,
} from '@kubernetes/client-node';
import { Agent, type buildConnector, type Dispatcher, ProxyAgent } from 'undici';
import { messageOf, OperatorError } from '../lib/errors.ts';

type TlsOptions = Extract<DispatcherOptions, { type: 'agent' | 'proxy' }>['connect'];
type AgentOptions = Parameters<KubeConfig['createDispatcherOptions']>[1];

/**
 * The library's KubeConfig opens a TLS connection for every request. This one keeps a pool, and a new one only when the CA, the
 * client certificate or the proxy changes: they are read again for every request, as tokens are (a token file once a minute).
 * Through a SOCKS proxy, whose connector is the library's own, each request still has its connection.
 */
export class PooledKubeConfig extends KubeConfig {
  #pool: { readonly options: DispatcherOptions; readonly dispatcher: Dispatcher } | undefined;
  // A replaced pool serves the requests that run on it; its idle connections end by themselves.
  readonly #dispatchers = new Set<Dispatcher>();

  override createDispatcherOptions(cluster: Cluster | null, agentOptions: AgentOptions): DispatcherOptions {
    const options = super.createDispatcherOptions(cluster, agentOptions);
    if (options.type === 'socks') {
      this.#pool = undefined;
      return options;
    }
    if (!isDeepStrictEqual(options, this.#pool?.options)) {
      const dispatcher = createDispatcher(options);
      this.#dispatchers.add(dispatcher);
      this.#pool = { options, dispatcher };
    }
    return { type: 'none' };
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    if (this.#pool) context.setDispatcher(this.#pool.dispatcher);
  }

  /** Ends all connections, those in use too. */
  async close(): Promise<void> {
    const dispatchers = [...this.#dispatchers];
    this.#dispatchers.clear();
    this.#pool = undefined;
    await Promise.all(dispatchers.map((dispatcher) => dispatcher.destroy()));
  }
}

export interface KubeConfigSource {
  /** A kubeconfig file; without it `KUBECONFIG`, `~/.kube/config`, or the ServiceAccount of the pod. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** @throws OperatorError InvalidInput */
export function loadKubeConfig(source: KubeConfigSource): PooledKubeConfig {
  const config = new PooledKubeConfig();
  const origin = source.kubeconfig ?? process.env.KUBECONFIG ?? 'the kubeconfig';
  try {
    if (source.kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(source.kubeconfig);
  } catch (error) {
    throw new OperatorError('InvalidInput', `Cannot load ${origin}: ${messageOf(error)}`, { cause: error });
  }
  if (source.context !== undefined) selectContext(config, source.context, origin);

  const cluster = config.getCurrentCluster();
  if (!cluster?.server) {
    throw new OperatorError(
      'InvalidInput',
      `${origin} names no cluster for context '${config.currentContext}'; choose one with --context`,
    );
  }
  if (source.kubeconfig === undefined && isFallback(cluster)) {
    throw new OperatorError(
      'InvalidInput',
      'No Kubernetes API server is known: give --kubeconfig, set KUBECONFIG, or run in a pod with a ServiceAccount',
    );
  }
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) {
    throw new OperatorError(
      'InvalidInput',
      `${origin} has the server ${cluster.server} without TLS: use https, or set insecure-skip-tls-verify if credentials may be sent in the clear`,
    );
  }
  return config;
}

function selectContext(config: KubeConfig, context: string, origin: string): void {
  if (!config.getContextObject(context)) {
    const known = config.getContexts().map(({ name }) => name);
    throw new OperatorError(
      'InvalidInput',
      `${origin} has no context '${context}'; it has ${known.join(', ') || 'none'}`,
    );
  }
  config.setCurrentContext(context);
}

// What the library assumes when it finds nothing at all.
function isFallback(cluster: Cluster): boolean {
  return cluster.name === 'cluster' && cluster.server === 'http://localhost:8080';
}

function createDispatcher(options: Exclude<DispatcherOptions, { type: 'socks' }>): Dispatcher {
  // HTTP/1.1: one half-open HTTP/2 connection would hold up every request and watch multiplexed on it.
  switch (options.type) {
    case 'proxy':
      return new ProxyAgent({
        uri: options.uri,
        requestTls: asBuildOptions(options.requestTls),
        connect: asBuildOptions(options.connect),
        allowH2: false,
      });
    case 'agent':
      return new Agent({ connect: asBuildOptions(options.connect), allowH2: false });
    case 'none':
      return new Agent({ connect: { keepAlive: true, keepAliveInitialDelay: 30_000 }, allowH2: false });
  }
}

// The two libraries declare the same options and differ in whether an absent one may be spelled undefined.
function asBuildOptions(options: TlsOptions): buildConnector.BuildOptions {
  return options as buildConnector.BuildOptions;
}
