// Lets an operator and a simulated cluster work under random loads and events, and checks what must always hold.
//
//   npm run soak -- [--hours 200] [--seed N]
import { parseArgs } from 'node:util';
import { soak } from '../test/support/soak/soak.ts';

const { values } = parseArgs({ options: { hours: { type: 'string' }, seed: { type: 'string' } } });
const hours = Number(values.hours ?? 200);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!(hours > 0) || !Number.isInteger(seed)) throw new Error('--hours and --seed must be numbers');

console.log(`Soaking for ${hours} simulated hours with seed ${seed}.`);
const began = performance.now();
let shown = 0;
const { broken, migrations, judged, acted, happened } = await soak({
  seed,
  hours,
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
for (const what of broken.slice(shown)) console.error(`BROKEN: ${what}`);
if (broken.length > 0) {
  console.error(`Reproduce with: npm run soak -- --hours ${hours} --seed ${seed}`);
  process.exitCode = 1;
}
