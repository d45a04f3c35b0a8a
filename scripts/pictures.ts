// Makes the pictures of the documentation, docs/images/*.svg, from what the demo and kubectl really print:
//
//   npm run pictures
import { writeFileSync } from 'node:fs';
import { styleFor } from '../src/commands/style.ts';
import { balance, connect } from './demo/balancing.ts';
import { interruptionSignal } from './demo/interruption.ts';
import { startLab } from './demo/lab.ts';
import { createStep } from './demo/step.ts';
import { NAMESPACE } from './demo/values.ts';
import { excerpt } from './pictures/excerpt.ts';
import { recordScreens } from './pictures/recorded-screens.ts';
import { terminalSvg } from './pictures/terminal-svg.ts';

const IMAGES = new URL('../docs/images/', import.meta.url);

const output = process.stdout;
const plain = styleFor({ env: {}, isTerminal: false });
const colored = styleFor({ env: {}, isTerminal: true });

/** Of some 250 lines. */
const DESCRIBED = [
  { from: 'Name:', lines: 2 },
  { from: 'Status:', lines: 14 },
  { from: '  History:', lines: 11 },
  { from: '  Imbalance:', lines: 6 },
  { from: 'Events:', lines: 11 },
] as const;

function prompt(command: string): string {
  return `${colored('dim', '$')} ${colored('bold', `kubectl ${command}`)}`;
}

function save(name: string, title: string, lines: readonly string[]): void {
  writeFileSync(new URL(name, IMAGES), terminalSvg(title, lines));
  output.write(`Wrote docs/images/${name}.\n`);
}

async function makePictures(): Promise<void> {
  const signal = interruptionSignal();
  const step = createStep(output, plain);
  const lab = await startLab(step, signal);
  try {
    await connect(lab, step, signal);
    const typed = async (command: string): Promise<readonly string[]> => {
      const printed = await lab.kubectl([...command.split(' '), '--namespace', NAMESPACE]);
      return printed.trimEnd().split('\n');
    };
    const screens = recordScreens(lab.policy, colored, () => typed('get bpol'));
    await balance(lab, output, plain, signal);
    const { lines, aside } = await screens.best();
    save('demo.svg', 'npm run demo, while two guests are being migrated', lines);
    save('kubectl-get.svg', 'kubectl get, during a run and after it', [
      prompt('get bpol'),
      ...aside,
      '',
      prompt('get pve,bpol'),
      ...(await typed('get pve,bpol')),
    ]);
    save('kubectl-describe.svg', 'kubectl describe bpol, in part', [
      prompt('describe bpol lab'),
      ...excerpt(await typed('describe bpol lab'), DESCRIBED),
    ]);
  } finally {
    await lab.stop();
  }
}

await makePictures();
