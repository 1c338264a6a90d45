/**
 * Search: generated states a second in `explore`, runs a second in `check`, and what properties cost.
 */
import { performance } from 'node:perf_hooks';
import { reduce } from '../src/explore/reduction.ts';
import { search, type SearchOptions } from '../src/explore/search.ts';
import type { Model } from '../src/explore/model.ts';
import { CATALOGUE } from '../models/catalogue.ts';
import { counterActors } from '../models/counter/actors.ts';
import { paxos } from '../models/paxos/paxos.ts';
import { twoPhaseCommit } from '../models/two-phase-commit/two-phase-commit.ts';
import { best, line } from './machine.ts';
import { propertyCost, runsPerSecond } from './properties.ts';

/** Prints the numbers of search. */
export function searchBench(): void {
  line('explore, two-phase commit of 6, breadth first', generated(twoPhaseCommit({ managers: 6 }), { order: 'breadth' }), 'generated/s', '≥ 200,000');
  line('explore, two-phase commit of 6, depth first', generated(twoPhaseCommit({ managers: 6 }), { order: 'depth' }), 'generated/s');
  line('explore, two-phase commit of 6, with symmetry', generated(twoPhaseCommit({ managers: 6 }), { order: 'depth', symmetry: true }), 'generated/s');
  line('explore, Paxos, 2 clients and 3 servers', generated(paxos({ clients: 2, servers: 3 }), { order: 'breadth' }), 'generated/s');
  const [all, fewer] = [reduce(counterActors({ workers: 2 }), { reduce: false }), reduce(counterActors({ workers: 2 }))];
  line('explore, counter of 2 workers: all orders / reduced', all.deliveries / fewer.deliveries, '×');
  for (const [name, runs] of [['counter', 400], ['paxos', 400], ['kubernetes', 8]] as const) {
    const model = CATALOGUE.find((entry) => entry.name === name)?.campaign?.({});
    if (model === undefined) continue;
    line(`check, ${name}, one thread`, runsPerSecond(model, runs), 'runs/s');
    if (name === 'kubernetes') line('check, kubernetes, cost of its properties', propertyCost(model, runs), '%', '< 15');
  }
}

function generated<State, Action>(model: Model<State, Action>, options: SearchOptions): number {
  return best(3, () => {
    const started = performance.now();
    return (search(model, options).generated / (performance.now() - started)) * 1000;
  });
}
