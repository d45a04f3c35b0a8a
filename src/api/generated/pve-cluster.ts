// Generated from crds/ by `npm run generate`. Do not edit.
import type { ObjectMetadata } from '../metadata.ts';
import type { Condition } from './condition.ts';

/**
 * A PveCluster says where a Proxmox VE cluster is and how to log in to it. BalancePolicies in the same namespace refer to it by name.
 */
export interface PveCluster {
  /**
   * The version of this schema, `pve-cslb.io/v1alpha1`.
   */
  readonly apiVersion: 'pve-cslb.io/v1alpha1';
  /**
   * The kind of this object, `PveCluster`.
   */
  readonly kind: 'PveCluster';
  readonly metadata: ObjectMetadata;
  readonly spec: PveClusterSpec;
  readonly status?: PveClusterStatus;
}
/**
 * Where the cluster is and how to log in to it.
 */
export interface PveClusterSpec {
  /**
   * The API endpoints of the cluster's nodes, such as `https://pve1.example:8006`, in order of preference. One that does not answer is passed over for the next, and tried again after a while.
   *
   * Items: An https URL of a host and an optional port, with nothing behind it.
   */
  readonly endpoints: readonly string[];
  /**
   * The Secret with the credentials, in the namespace of this object. It has the type `pve-cslb.io/credentials` and either the keys `tokenId` (such as `balancer@pve!operator`) and `tokenSecret`, or `username` (such as `balancer@pve`) and `password`. An API token is the better choice; a user with a second factor cannot log in by password. When the Secret also has the key `endpoints` (one a line), the credentials are sent to no other endpoint.
   */
  readonly credentialsSecretRef: {
    /**
     * The name of the Secret.
     */
    readonly name: string;
  };
  /**
   * How the certificates of the endpoints are verified. By default they have to be signed by a public CA. With `caRef` they have to be signed by that one, with `fingerprints` they have to be one of those, and with both they have to be both.
   */
  readonly tls?: {
    readonly caRef?: CertificateAuthorityRef;
    /**
     * The SHA-256 fingerprints of the endpoints' certificates, as `pvenode cert info` shows them. When there are any, a certificate has to be one of them; who signed it, for which name and until when matters no more, unless there is a `caRef` too. Proxmox renews a node's certificate every two years or, with ACME, every few months, and then its fingerprint is another; list the old and the new one meanwhile.
     *
     * Items: The digest's 32 bytes in upper case hex digits, with colons in between.
     */
    readonly fingerprints?: readonly string[];
    /**
     * Takes any certificate. Whoever gets in between then reads the credentials and can do with the cluster what they allow, so this is for trying things out only; `fingerprints` are as easy.
     */
    readonly insecureSkipVerify: boolean;
  };
  /**
   * How long the operator waits for an answer, from 1s to 5m. Proxmox itself gives up on a node after 30 seconds, so a shorter time hides its own error messages; below 4s also that it does not accept the credentials, which it tells after 3 seconds.
   */
  readonly requestTimeout: string;
  /**
   * How often the operator looks whether the cluster answers, which version it has and what the credentials may do, from 10s to 1h.
   */
  readonly probeInterval: string;
}
/**
 * The ConfigMap or Secret, in the namespace of this object, with the CA certificate that signed the endpoints' certificates, in PEM form. On a Proxmox node it is `/etc/pve/pve-root-ca.pem`.
 */
export interface CertificateAuthorityRef {
  /**
   * The kind of the object that holds the certificate.
   */
  readonly kind: 'ConfigMap' | 'Secret';
  /**
   * The name of the object that holds the certificate.
   */
  readonly name: string;
  /**
   * The key in it under which the certificate is found.
   */
  readonly key: string;
}
/**
 * What the operator found out about the cluster.
 */
export interface PveClusterStatus {
  /**
   * The generation of the spec that this status describes; -1 until the operator has seen it.
   */
  readonly observedGeneration?: number;
  /**
   * Ready (the cluster can be worked with), Reconciling and Stalled (as kstatus understands them), Reachable (an endpoint answers), Authorized (the credentials are accepted and suffice) and Quorate (the cluster has a quorum).
   */
  readonly conditions?: readonly Condition[];
  /**
   * Names the physical cluster: its name and the fingerprint of its root CA, or else of its nodes' certificates. Two PveClusters with one identity are the same cluster; then the older one is used.
   */
  readonly identity?: string;
  /**
   * The Proxmox VE version of the node that answered.
   */
  readonly version?: string;
  /**
   * The endpoint that answered.
   */
  readonly activeEndpoint?: string;
  /**
   * The nodes of the cluster.
   */
  readonly nodes?: {
    /**
     * How many nodes the cluster has.
     */
    readonly total: number;
    /**
     * How many of them are online.
     */
    readonly online: number;
  };
  /**
   * The virtual machines and containers of the cluster that the credentials may see.
   */
  readonly guests?: {
    /**
     * How many guests the cluster has, templates not counted.
     */
    readonly total: number;
    /**
     * How many of them run.
     */
    readonly running: number;
  };
  /**
   * What the credentials may not do and should, such as `VM.Migrate on /vms`. Empty when nothing is missing.
   *
   * Items: A privilege and the path it is missing on.
   */
  readonly missingPrivileges?: readonly string[];
  /**
   * When the cluster was last looked at.
   */
  readonly lastProbeTime?: string;
}
