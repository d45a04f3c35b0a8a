// Loaded before the program of a container that runs on this host, which shows it the container's mounts and the Services that it
// calls:
//
//   node --import 'file:///.../container-view.mjs?view={"mounts":{"/var/run/x":"/tmp/y"},"services":{"a.b.svc:80":8080}}' PROGRAM
//
// Namespaces of the kernel would do the same for every program, and are refused to most users on most machines. This shows them to
// Node programs alone, and only to the calls below: one that is missing here does not find its file or its host.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/** @type {{ mounts: Record<string, string>, services: Record<string, number> }} */
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

const connect = net.Socket.prototype.connect;
Reflect.set(
  net.Socket.prototype,
  'connect',
  /** @this {net.Socket} @param {unknown[]} args */
  function (...args) {
    // Within Node the arguments come in one array.
    const options = Array.isArray(args[0]) ? args[0][0] : args[0];
    const port = view.services[`${options?.host}:${options?.port}`];
    if (port !== undefined) Object.assign(options, { host: '127.0.0.1', port });
    return Reflect.apply(connect, this, args);
  },
);
syncBuiltinESMExports();
