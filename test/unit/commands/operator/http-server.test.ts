import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type HttpServer, type Pages, serve, text } from '../../../../src/commands/operator/http-server.ts';

const LOOPBACK = { host: '127.0.0.1', port: 0 };

describe('the HTTP server of the operator', () => {
  let server: HttpServer;

  async function start(pages: Pages): Promise<string> {
    server = await serve('--health-address', LOOPBACK, pages);
    return `http://127.0.0.1:${server.port}`;
  }

  afterEach(() => server.close());

  it('serves its pages by path, whatever the query, and nothing else', async () => {
    const url = await start({ '/a': () => text(200, 'first'), '/b': async () => text(503, 'second') });
    const page = await fetch(`${url}/a?verbose`);
    expect([page.status, await page.text()]).to.deep.equal([200, 'first\n']);
    expect((await fetch(`${url}/b`)).status).to.equal(503);
    expect((await fetch(`${url}/c`)).status).to.equal(404);
    expect((await fetch(`${url}/toString`)).status).to.equal(404);
    expect((await fetch(`${url}/a`, { method: 'POST' })).status).to.equal(405);
    const head = await fetch(`${url}/a`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).to.deep.equal([
      200,
      '6',
      '',
    ]);
  });

  it('answers 500 when a page cannot be made, and goes on', async () => {
    const url = await start({
      '/a': () => {
        throw new Error('no page');
      },
    });
    expect((await fetch(`${url}/a`)).status).to.equal(500);
    expect((await fetch(`${url}/a`)).status).to.equal(500);
  });

  it('names the flag when the address is taken', async () => {
    await start({});
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, '127.0.0.1', resolve);
    });
    const { port } = other.address() as AddressInfo;
    try {
      await serve('--metrics-address', { host: '127.0.0.1', port }, {});
      throw new Error('nothing was thrown');
    } catch (error) {
      expect(String(error)).to.match(
        /Cannot serve on 127\.0\.0\.1:\d+: .*EADDRINUSE.*Choose another --metrics-address/,
      );
    } finally {
      other.close();
    }
  });

  it('does not wait for idle connections at the stop', async () => {
    const url = await start({ '/a': () => text(200, 'first') });
    // Kept alive by the client.
    await (await fetch(`${url}/a`)).text();
    await server.close();
  });
});
