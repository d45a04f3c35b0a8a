import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpMethod, RequestContext } from '@kubernetes/client-node';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { loadKubeConfig, PooledKubeConfig } from '../../../src/kubernetes/pooled-kube-config.ts';
import { isOperatorError } from '../../../src/lib/errors.ts';

function kubeconfig(server: string, options: object = {}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'one', cluster: { server, ...options } },
      { name: 'two', cluster: { server: 'https://two.example:6443' } },
    ],
    users: [{ name: 'me', user: { token: 'secret' } }],
    contexts: ['one', 'two'].map((name) => ({ name, context: { cluster: name, user: 'me' } })),
    'current-context': 'one',
  });
}

describe('loadKubeConfig', () => {
  const environment = { KUBECONFIG: process.env.KUBECONFIG, HOME: process.env.HOME };
  let directory: string;
  let file: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pve-cslb-kubeconfig-'));
    file = join(directory, 'config');
  });

  beforeEach(async () => {
    await writeFile(file, kubeconfig('https://one.example:6443'));
    process.env.HOME = directory;
    delete process.env.KUBECONFIG;
  });

  after(async () => {
    for (const [name, value] of Object.entries(environment)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await rm(directory, { recursive: true });
  });

  function refusal(source: Parameters<typeof loadKubeConfig>[0]): string {
    try {
      loadKubeConfig(source);
    } catch (error) {
      if (isOperatorError(error, 'InvalidInput')) return error.message;
      throw error;
    }
    throw new Error('the kubeconfig was taken');
  }

  it('takes the named file, its current context or the named one', () => {
    const server = (context?: string) =>
      loadKubeConfig({ kubeconfig: file, ...(context === undefined ? {} : { context }) }).getCurrentCluster()
        ?.server;
    expect(server()).to.equal('https://one.example:6443');
    expect(server('two')).to.equal('https://two.example:6443');
  });

  it('takes KUBECONFIG when no file is named', () => {
    process.env.KUBECONFIG = file;
    expect(loadKubeConfig({}).getCurrentCluster()?.server).to.equal('https://one.example:6443');
  });

  it('says which file cannot be read', () => {
    expect(refusal({ kubeconfig: join(directory, 'missing') })).to.include(join(directory, 'missing'));
  });

  it('says which contexts there are', () => {
    expect(refusal({ kubeconfig: file, context: 'three' }))
      .to.include("'three'")
      .and.to.include('one, two');
  });

  it('says what to do when there is no API server to talk to', () => {
    expect(refusal({})).to.include('KUBECONFIG').and.to.include('--kubeconfig');
  });

  it('sends credentials over plain HTTP only where that is wanted', async () => {
    await writeFile(file, kubeconfig('http://one.example:8080'));
    expect(refusal({ kubeconfig: file })).to.include('without TLS');
    await writeFile(file, kubeconfig('http://one.example:8080', { 'insecure-skip-tls-verify': true }));
    expect(loadKubeConfig({ kubeconfig: file }).getCurrentCluster()?.server).to.equal(
      'http://one.example:8080',
    );
  });
});

describe('PooledKubeConfig', () => {
  function configFor(cluster: object) {
    const config = new PooledKubeConfig();
    config.loadFromClusterAndUser(
      { name: 'c', server: 'https://one.example:6443', skipTLSVerify: false, ...cluster },
      { name: 'u', token: 'secret' },
    );
    return config;
  }

  async function dispatcher(config: PooledKubeConfig) {
    const context = new RequestContext('https://one.example:6443/api', HttpMethod.GET);
    await config.applySecurityAuthentication(context);
    return context.getDispatcher();
  }

  for (const [what, cluster] of [
    ['no CA of its own', {}],
    ['a CA', { caData: Buffer.from('CA').toString('base64') }],
    ['an HTTP proxy', { proxyUrl: 'http://proxy.example:3128' }],
  ] as const) {
    it(`uses one pool for all requests to a cluster with ${what}`, async () => {
      const config = configFor(cluster);
      const [first, second] = [await dispatcher(config), await dispatcher(config)];
      expect(first).to.not.equal(undefined);
      expect(second).to.equal(first);
      await config.close();
    });
  }

  it('begins a new pool when the CA changes', async () => {
    const config = configFor({ caData: Buffer.from('CA').toString('base64') });
    const first = await dispatcher(config);
    const cluster = config.getCurrentCluster();
    Object.assign(cluster ?? {}, { caData: Buffer.from('another CA').toString('base64') });
    expect(await dispatcher(config)).to.not.equal(first);
    await config.close();
  });

  it('leaves connections through a SOCKS proxy to the library', async () => {
    const config = configFor({ proxyUrl: 'socks5://proxy.example:1080' });
    expect(await dispatcher(config)).to.not.equal(undefined);
    await config.close();
  });
});
