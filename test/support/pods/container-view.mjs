// Loaded before the program of a container that runs on this host, which shows it the container's mounts and names:
//
//   node --import 'file:///.../container-view.mjs?view={"mounts":{"/var/run/x":"/tmp/y"},"hosts":["a.b.svc"]}' PROGRAM
//
// A mount namespace would do the same for every program, and is refused to most users on most machines. This shows them to Node
// programs alone, and only to the calls below: one that is missing here does not find its file.
import dns from 'node:dns';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** @type {{ mounts: Record<string, string>, hosts: string[] }} */
const view = JSON.parse(new URL(import.meta.url).searchParams.get('view') ?? '');

const READING = [
  'accessSync',
  'existsSync',
  'lstatSync',
  'openSync',
  'readdirSync',
  'readFileSync',
  'statSync',
];
const READING_LATER = ['access', 'open', 'readFile', 'stat'];

/** @param {unknown} path */
function onHost(path) {
  if (typeof path !== 'string') return path;
  const mount = Object.keys(view.mounts).find((place) => path === place || path.startsWith(`${place}/`));
  return mount === undefined ? path : `${view.mounts[mount]}${path.slice(mount.length)}`;
}

/**
 * @param {object} module
 * @param {readonly string[]} names
 */
function redirect(module, names) {
  for (const name of names) {
    const original = Reflect.get(module, name);
    Reflect.set(module, name, (/** @type {unknown} */ path, /** @type {unknown[]} */ ...rest) =>
      Reflect.apply(original, module, [onHost(path), ...rest]),
    );
  }
}

redirect(fs, READING);
redirect(fs, READING_LATER);
redirect(fs.promises, READING_LATER);

const lookup = dns.lookup;
Reflect.set(dns, 'lookup', (/** @type {string} */ host, /** @type {unknown[]} */ ...rest) =>
  Reflect.apply(lookup, dns, [view.hosts.includes(host) ? '127.0.0.1' : host, ...rest]),
);
syncBuiltinESMExports();
