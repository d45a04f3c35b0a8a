import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { ensureControlPlane } from '../../scripts/control-plane.mjs';
import { eventually } from '../support/eventually.ts';
import { type CommandResult, runCommand } from '../support/run-command.ts';
import { waitFor } from '../support/wait-for.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DEMO = join(ROOT, 'scripts', 'demo.ts');
const OPERATOR = 'system:serviceaccount:pve-cslb-system:pve-cslb-operator';

/** A demo under way, with what it has written. */
interface RunningDemo {
  readonly child: ChildProcess;
  output(): string;
}

function startDemo(): RunningDemo {
  const child = spawn(process.execPath, [DEMO], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let written = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    written += piece;
  });
  return { child, output: () => written };
}

describe('npm run demo', function () {
  // Three minutes are what it may take.
  this.timeout(240_000);

  it('balances the cluster before the eyes of somebody without a terminal', async () => {
    const child = spawn('npm', ['run', 'demo'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);

    expect(code, output).to.equal(0);
    expect(output).to.match(/^Starting etcd and kube-apiserver \.\.\. \d+\.\d s$/m);
    expect(output).to.match(/^Simulating a Proxmox VE cluster .* 6 nodes, 60 guests, 20 times faster$/m);
    expect(output).to.match(/^helm install pve-cslb-operator: .* \d+\.\d s$/m);
    expect(output).to.match(/^No kubelet is here: .* just as its Deployment says \.\.\. \d+\.\d s$/m);
    expect(output).to.match(/^helm install pve-cslb-policies: .* ready: Proxmox VE \S+, 6 nodes$/m);
    expect(output).to.match(/^ +\d+\.\d s {2}Imbalance 6\d\.\d%, tolerated 20\.0%; weights: pve1 \d+, /m);
    expect(output).to.match(/^ +\d+\.\d s {2}qemu\/\d+ \S+ pve\d → pve\d: Running$/m);
    expect(output).to.match(/^balancepolicy\.pve-cslb\.io\/lab +lab +Automatic +True +True +\d+\.\d% +0 /m);
    expect(output).to.match(/^pvecluster\.pve-cslb\.io\/lab +True +\d/m);
    const history = output.match(/^ *\d+ {2}(qemu|lxc)\/\d+ .* Succeeded$/gm) ?? [];
    expect(history.length).to.be.within(6, 12);
    expect(history.join('\n')).to.include('qemu/').and.to.include('lxc/');
    expect(output).to.match(new RegExp(`^Balanced after ${history.length} migrations in \\d+ s\\. .*$`, 'm'));
    // Neither colours nor a cursor that moves.
    expect(output).to.not.include('\u001b');
  });

  it('gives the operator no right that it does not need, and leaves nothing behind at Ctrl-C', async () => {
    const kubectl = join(await ensureControlPlane(process.env), 'kubectl');
    const demo = startDemo();
    // And its output is complete.
    const ended = once(demo.child, 'close');
    await eventually(() => demo.output().includes(': Running') || demo.child.exitCode !== null);
    const [, kubeconfig = ''] = /KUBECONFIG=(\S+)/.exec(demo.output()) ?? [];
    const ask = (...args: readonly string[]): Promise<CommandResult> =>
      runCommand(kubectl, ['--kubeconfig', kubeconfig, '--namespace', 'proxmox', ...args], process.env);

    async function rightsIn(namespace: string): Promise<readonly string[]> {
      const rights = await ask('auth', 'can-i', '--list', '--no-headers', '--as', OPERATOR, '-n', namespace);
      return rights.stdout
        .split('\n')
        .filter((line) => /^\S/.test(line) && !line.includes('selfsubject'))
        .map((line) => line.replaceAll(/ {2,}/g, ' ').trim());
    }
    expect(await rightsIn('proxmox')).to.have.members([
      'balancepolicies.pve-cslb.io [] [] [get list watch]',
      'pveclusters.pve-cslb.io [] [] [get list watch]',
      'balancepolicies.pve-cslb.io/status [] [] [patch]',
      'pveclusters.pve-cslb.io/status [] [] [patch]',
      'events.events.k8s.io [] [] [create patch]',
      'secrets [] [lab-pve] [get]',
      'configmaps [] [lab-ca] [get]',
    ]);
    expect(await rightsIn('pve-cslb-system')).to.have.members([
      'leases.coordination.k8s.io [] [] [create]',
      'leases.coordination.k8s.io [] [pve-cslb-operator] [get update]',
    ]);
    expect(await rightsIn('default')).to.deep.equal([]);
    // They are sent in the background.
    await waitFor(
      'an Event of the plan',
      () => ask('get', 'events', '--output', 'jsonpath={.items[*].reason}'),
      ({ stdout }) => stdout.includes('Planned'),
    );

    demo.child.kill('SIGINT');
    expect(await ended).to.deep.equal([130, null]);
    const processes = await runCommand('ps', ['-A', '-o', 'args='], process.env);
    expect(processes.stdout).to.not.include(dirname(kubeconfig));
    expect(existsSync(dirname(kubeconfig))).to.equal(false);
    expect(demo.output()).to.match(/Stopped by SIGINT\.\n$/);
  });

  it('says how it is called when it is called in another way', async () => {
    const result = await runCommand(process.execPath, [DEMO, '--kep'], process.env);
    expect(result.code).to.equal(2);
    expect(result.stderr).to.include("'--kep'").and.to.include('Usage: npm run demo');
  });
});
