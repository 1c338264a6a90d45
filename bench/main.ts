/**
 * `npm run bench`: the numbers of the README, on the machine it runs on. Each group can be run alone: `npm run bench -- kernel`.
 */
import { apiBench } from './api.bench.ts';
import { debuggingBench } from './debugging.bench.ts';
import { demoBench } from './demo.bench.ts';
import { httpBench } from './http.bench.ts';
import { kernelBench } from './kernel.bench.ts';
import { machine } from './machine.ts';
import { memoryBench } from './memory.bench.ts';
import { nodeBench } from './node.bench.ts';
import { reconcileBench } from './reconcile.bench.ts';
import { schedulerBench } from './scheduler.bench.ts';
import { schedulingBench } from './scheduling.bench.ts';
import { searchBench } from './search.bench.ts';
import { servicesBench } from './services.bench.ts';
import { worldBench } from './world.bench.ts';

const GROUPS: Readonly<Record<string, () => void | Promise<void>>> = { kernel: kernelBench, api: apiBench, demo: demoBench, node: nodeBench, scheduler: schedulerBench, scheduling: schedulingBench, services: servicesBench, reconcile: reconcileBench, search: searchBench, debugging: debuggingBench, world: worldBench, http: httpBench };
/** These take so long that they have to be asked for. */
const LONG: Readonly<Record<string, () => void>> = { memory: memoryBench };

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !(name in GROUPS) && !(name in LONG));
if (unknown !== undefined) {
  console.error(`no benchmark group "${unknown}"; there are ${Object.keys({ ...GROUPS, ...LONG }).join(', ')}`);
  process.exitCode = 2;
} else {
  console.log(machine());
  for (const [name, run] of Object.entries(GROUPS)) if (wanted.length === 0 || wanted.includes(name)) await run();
  for (const [name, run] of Object.entries(LONG)) if (wanted.includes(name)) run();
}
