import { KubeConfig } from '@kubernetes/client-node';

export declare class PooledKubeConfig extends KubeConfig {
  /** Ends all connections, those in use too. */
  close(): Promise<void>;
}

export interface KubeConfigSource {
  /** A kubeconfig file; without it `KUBECONFIG`, `~/.kube/config`, or the ServiceAccount of the pod. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

export declare function loadKubeConfig(source: KubeConfigSource): PooledKubeConfig;
