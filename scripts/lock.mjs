import { mkdirSync, statSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HEARTBEAT_MS = 2_000;
const ABANDONED_AFTER_MS = 30_000;
const POLL_MS = 200;

/**
 * Runs `work` while this process alone holds the lock file, waiting for another holder first.
 *
 * The holder touches the file as long as it lives, and a file left untouched for 30 s counts as abandoned: so
 * a killed process blocks nobody, and it does not matter which container or host the holder runs in. Two
 * waiters that find an abandoned lock in the same instant may both get it; `work` must survive that.
 *
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {() => void} onWait called once, when another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(path, work, onWait) {
  mkdirSync(dirname(path), { recursive: true });
  let waiting = false;
  while (!tryAcquire(path)) {
    if (!waiting) onWait();
    waiting = true;
    await sleep(POLL_MS);
  }
  const heartbeat = setInterval(() => touch(path), HEARTBEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    removeIfThere(path);
  }
}

/**
 * @param {string} path
 * @returns {boolean}
 */
function tryAcquire(path) {
  try {
    writeFileSync(path, `${process.pid}\n`, { flag: 'wx' });
    return true;
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  const heldFor = millisecondsSinceTouched(path);
  if (heldFor !== undefined && heldFor <= ABANDONED_AFTER_MS) return false;
  removeIfThere(path);
  return tryAcquire(path);
}

/** @param {string} path */
function millisecondsSinceTouched(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? undefined : Date.now() - found.mtimeMs;
}

/** @param {string} path */
function touch(path) {
  try {
    utimesSync(path, new Date(), new Date());
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/** @param {string} path */
function removeIfThere(path) {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function hasCode(error, code) {
  return error instanceof Error && 'code' in error && error.code === code;
}
