import { X509Certificate } from 'node:crypto';

import { fingerprintOf } from '../certificates/certificates.ts';
import { NODE } from '../http/parameters.ts';
import type { Call, Route } from '../http/route.ts';
import { nodeLoad, settleLoadAverage } from '../world/load.ts';
import { ROOT_DISK_BYTES, ROOT_USED_BYTES, uptimeSeconds } from '../world/node.ts';
import { nodeEntry } from './node-entry.ts';

function list(call: Call) {
  return call.shuffle(
    [...call.cluster.nodes.values()].map((node) => ({
      ...nodeEntry(call, node),
      ssl_fingerprint: fingerprintOf(call.certificates.ofNode(node.name)),
    })),
  );
}

const SWAP_BYTES = 8 * 1024 ** 3;

function status(call: Call) {
  const { cluster, node } = call;
  const { profile } = node;
  settleLoadAverage(cluster, node);
  const load = nodeLoad(cluster, node);
  const available = node.memoryBytes - load.memoryUsedBytes;
  const kernelVersion = `#1 SMP PREEMPT_DYNAMIC PMX ${profile.kernel} (2025-10-21T11:55Z)`;
  return {
    uptime: uptimeSeconds(node.bootTime, cluster.now()),
    idle: 0,
    cpu: load.cpu,
    wait: 0.001,
    loadavg: node.loadAverage.map((value) => value.toFixed(2)),
    kversion: `Linux ${profile.kernel} ${kernelVersion}`,
    'current-kernel': {
      sysname: 'Linux',
      release: profile.kernel,
      version: kernelVersion,
      machine: 'x86_64',
    },
    'boot-info': { mode: 'efi', secureboot: 0 },
    cpuinfo: {
      user_hz: 100,
      model: node.cpuModel,
      mhz: node.mhz === 0 ? 0 : node.mhz.toFixed(3),
      cpus: node.cpus,
      cores: node.cores,
      sockets: node.sockets,
      flags: node.cpuFlags,
      hvm: '1',
      ...(profile.features.has('cpuVendor') ? { vendor: 'GenuineIntel', family: '6' } : {}),
    },
    memory: {
      total: node.memoryBytes,
      used: load.memoryUsedBytes,
      free: load.memoryFreeBytes,
      ...(profile.features.has('availableMemory') ? { available } : {}),
    },
    ksm: { shared: load.ksmSharedBytes },
    swap: { total: SWAP_BYTES, used: 0, free: SWAP_BYTES },
    pveversion: `pve-manager/${profile.version}/${profile.repositoryId}`,
    rootfs: {
      total: ROOT_DISK_BYTES,
      used: ROOT_USED_BYTES,
      avail: Math.round((ROOT_DISK_BYTES - ROOT_USED_BYTES) * 0.93),
      free: ROOT_DISK_BYTES - ROOT_USED_BYTES,
    },
  };
}

function certificates(call: Call) {
  return [
    describe('pve-root-ca.pem', call.certificates.authority),
    describe('pve-ssl.pem', call.certificates.ofNode(call.node.name)),
  ];
}

function describe(filename: string, pem: string) {
  const certificate = new X509Certificate(pem);
  const names = certificate.subjectAltName?.split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
  return {
    filename,
    fingerprint: fingerprintOf(pem),
    issuer: oneLine(certificate.issuer),
    subject: oneLine(certificate.subject),
    notbefore: Math.floor(Date.parse(certificate.validFrom) / 1000),
    notafter: Math.floor(Date.parse(certificate.validTo) / 1000),
    pem,
    'public-key-bits': 256,
    'public-key-type': 'id-ecPublicKey',
    ...(names === undefined ? {} : { san: names }),
  };
}

/** `/CN=x/O=y` */
function oneLine(name: string): string {
  return `/${name.split('\n').join('/')}`;
}

export const nodeRoutes: readonly Route[] = [
  { method: 'GET', path: '/nodes', parameters: {}, forwarded: false, handle: list },
  {
    method: 'GET',
    path: '/nodes/{node}/status',
    parameters: { node: NODE },
    permission: { path: '/nodes/{node}', anyOf: ['Sys.Audit'] },
    forwarded: true,
    handle: status,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/certificates/info',
    parameters: { node: NODE },
    forwarded: true,
    handle: certificates,
  },
  {
    method: 'GET',
    path: '/nodes/{node}/capabilities/qemu/migration',
    parameters: { node: NODE },
    feature: 'conntrackState',
    permission: { path: '/nodes/{node}', anyOf: ['Sys.Audit'] },
    forwarded: true,
    handle: () => ({ 'has-dbus-vmstate': 1 }),
  },
];
