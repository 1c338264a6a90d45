/**
 * Reconcile loops: the scenarios of `kubetwin bench` at their full size. `npm run bench -- reconcile`; minutes, not seconds.
 *
 * `kubetwin bench deployments --size deployments=100` does the same at the size that is asked for, and compares.
 */
import { measure } from '../models/kubernetes/bench/measure.ts';
import { SCENARIOS } from '../models/kubernetes/bench/scenario.ts';
import { line } from './machine.ts';

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Prints the numbers of every scenario. */
export function reconcileBench(): void {
  for (const { sizes, make } of Object.values(SCENARIOS)) {
    const scenario = make(sizes);
    for (const [phase, { work, cost }] of Object.entries(measure(scenario, { seed: '1', meter: cpu }).phases)) {
      const seconds = cost.cost / 1e6;
      console.log(`${scenario.description}: ${phase}`);
      line('  API calls to converge', work.apiCalls, 'calls');
      line('  virtual time to converge', work.time / 1e6, 's');
      line('  reconciles', work.reconciles, `(${work.noopReconciles} no-ops)`);
      line('  reconciles a second of processor time', work.reconciles / seconds, '/s');
      line('  processor time', seconds, 's');
    }
  }
}
