// Lets an operator and a simulated cluster work under random loads and events, and checks what must always hold.
//
//   npm run soak -- [--hours 200] [--seed N] [--strategy Cslb|Optimize] [--release 8.4|9.1]
//
// The policy plans with Cslb unless told otherwise. With Optimize it also has placement rules, drained nodes that change, a
// reserve and a least gain, which the seed chooses; memory is shorter, and HA keeps guests together that have loads. Even
// seeds have Proxmox VE 8.4 and odd ones 9.1; only 9.1 has HA rules that keep guests together.
import { parseArgs } from 'node:util';
import { soak } from '../test/support/soak/soak.ts';

const { values } = parseArgs({
  options: {
    hours: { type: 'string' },
    seed: { type: 'string' },
    strategy: { type: 'string' },
    release: { type: 'string' },
  },
});
const hours = Number(values.hours ?? 200);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!(hours > 0) || !Number.isInteger(seed)) throw new Error('--hours and --seed must be numbers');
const strategy = oneOf('strategy', values.strategy ?? 'Cslb', ['Cslb', 'Optimize']);
const release = oneOf('release', values.release ?? (seed % 2 === 0 ? '8.4' : '9.1'), ['8.4', '9.1']);

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new Error(`--${name} must be one of ${allowed.join(', ')}`);
  return found;
}

const flags = `--hours ${hours} --seed ${seed} --strategy ${strategy} --release ${release}`;
console.log(`Soaking: ${flags}`);
const began = performance.now();
let shown = 0;
const { broken, migrations, judged, acted, quiet, happened } = await soak({
  seed,
  hours,
  strategy,
  release,
  onRound: (hour, wrong) => {
    console.log(`${hour} h (${Math.round((performance.now() - began) / 1_000)} s)`);
    for (const what of wrong.slice(shown)) console.error(`BROKEN: ${what}`);
    shown = wrong.length;
  },
});
for (const [what, count] of [...happened].toSorted()) console.log(`${String(count).padStart(6)} ${what}`);
console.log(`${String(migrations).padStart(6)} migrations of the operator`);
console.log(
  `${String(judged).padStart(6)} evaluations judged in calm stretches, ${acted} of them with moves to make`,
);
if (strategy === 'Optimize') console.log(`${String(quiet).padStart(6)} of them had to move nothing`);
for (const what of broken.slice(shown)) console.error(`BROKEN: ${what}`);
if (broken.length > 0) {
  console.error(`Reproduce with: npm run soak -- ${flags}`);
  process.exitCode = 1;
}
