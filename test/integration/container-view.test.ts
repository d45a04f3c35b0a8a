import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { expand } from '../support/pods/container-environment.ts';
import { runCommand } from '../support/run-command.ts';

const VIEW = new URL('../support/pods/container-view.mjs', import.meta.url);
const PLACE = '/var/run/secrets/nobody-has/this';

interface View {
  readonly mounts: Readonly<Record<string, string>>;
  readonly services: Readonly<Record<string, number>>;
}

/** What a program prints that is shown this. */
async function shown(view: View, program: string): Promise<string> {
  const url = new URL(VIEW);
  url.searchParams.set('view', JSON.stringify(view));
  const args = ['--import', url.href, '--input-type=module', '--eval', program];
  const { code, stdout, stderr } = await runCommand(process.execPath, args, {});
  expect(stderr).to.equal('');
  expect(code).to.equal(0);
  return stdout;
}

describe('a program that is shown the view of a container', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pve-cslb-view-'));
    writeFileSync(join(folder, 'token'), 'of the pod');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('finds the files of its mounts where the container has them, and others where they are', async () => {
    const program = `
      import fs, { readFileSync } from 'node:fs';
      import { readFile } from 'node:fs/promises';
      const path = '${PLACE}/token';
      console.log(readFileSync(path, 'utf8'), await readFile(path, 'utf8'), fs.existsSync(path));
      console.log(fs.existsSync('${PLACE}-not/token'), fs.existsSync(${JSON.stringify(folder)}));
    `;
    const output = await shown({ mounts: { [PLACE]: folder }, services: {} }, program);
    expect(output).to.equal('of the pod of the pod true\nfalse true\n');
  });

  it('reaches a Service at its port and no other', async () => {
    const server = createServer((request, response) => response.end(`asked as ${request.headers.host}`));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const program = `
        console.log(await (await fetch('http://metrics.system.svc:8080/')).text());
        console.log(await fetch('http://metrics.system.svc:8081/').then(() => 'reached', () => 'not reached'));
      `;
      const output = await shown({ mounts: {}, services: { 'metrics.system.svc:8080': port } }, program);
      expect(output).to.equal('asked as metrics.system.svc:8080\nnot reached\n');
    } finally {
      server.close();
    }
  });

  it('has variables in its arguments replaced as Kubernetes does', () => {
    const text = '--a=$(NAME) --b=$$(NAME) --c=$(OTHER) --d=$NAME $$';
    expect(expand(text, { NAME: 'x' })).to.equal('--a=x --b=$(NAME) --c=$(OTHER) --d=$NAME $');
  });
});
