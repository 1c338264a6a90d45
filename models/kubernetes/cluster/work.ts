/**
 * The work that a run has done, in numbers that are equal on every machine: steps, messages to the API server, reconciles, conflicts, queues.
 *
 * Counters live in the processes that they count, so a process that crashed counts from its restart on.
 */
import type { Kernel } from '../../../src/index.ts';
import { servedRequests } from '../api-server/server.ts';
import { CLOUD_CONTROLLER_MANAGER } from '../controller-manager/cloud-controller-manager.ts';
import { controllerManagerState } from '../controller-manager/controller-manager.ts';
import type { LoopCounters } from '../client/control-loop.ts';
import { schedulerState, type SchedulerState } from '../scheduler/scheduler.ts';
import { managerOf, type ControllerOrManager } from '../operator/controller.ts';
import { operatorIds, operatorState } from '../operator/operator.ts';
import { apiServerIds, controllerManagerIds } from './actor-ids.ts';
import type { ClusterConfig } from './config.ts';

export interface Work {
  /** Steps of all actors. */
  readonly steps: number;
  /** Virtual time, µs. */
  readonly time: number;
  /** Requests that API servers took in: all of them, by verb, and by `verb resource`. */
  readonly apiCalls: { readonly total: number; readonly byVerb: Readonly<Record<string, number>>; readonly byCall: Readonly<Record<string, number>> };
  /** Control loops by process and name. */
  readonly loops: Readonly<Record<string, Readonly<Record<string, LoopCounters>>>>;
  readonly schedulers: Readonly<Record<string, SchedulerState['counters']>>;
}

/** What the run of this kernel has done so far. `controllers`: what code added to the cluster. */
export function workOf(kernel: Kernel, config: ClusterConfig, controllers: readonly ControllerOrManager[] = []): Work {
  const loops: Record<string, Readonly<Record<string, LoopCounters>>> = {};
  for (const id of [...controllerManagerIds(config.controllerManagers ?? 1), CLOUD_CONTROLLER_MANAGER]) {
    const counters = controllerManagerState(kernel.state(id))?.counters();
    if (counters !== undefined) loops[id] = counters;
  }
  for (const id of controllers.flatMap((definition) => operatorIds(managerOf(definition)))) {
    const counters = operatorState(kernel.state(id))?.counters();
    if (counters !== undefined) loops[id] = counters;
  }
  const schedulers: Record<string, SchedulerState['counters']> = {};
  for (const { id = 'kube-scheduler' } of config.schedulers ?? [{}]) {
    const state = schedulerState(kernel.state(id));
    if (state !== undefined) schedulers[id] = { ...state.counters };
  }
  return { steps: kernel.seq, time: kernel.now, apiCalls: callsOf(kernel, config), loops, schedulers };
}

function callsOf(kernel: Kernel, config: ClusterConfig): Work['apiCalls'] {
  const byCall = new Map<string, number>();
  const byVerb = new Map<string, number>();
  let total = 0;
  for (const id of apiServerIds(config.apiServers)) {
    for (const [call, count] of servedRequests(kernel.state(id))) {
      const verb = call.slice(0, call.indexOf(' '));
      byCall.set(call, (byCall.get(call) ?? 0) + count);
      byVerb.set(verb, (byVerb.get(verb) ?? 0) + count);
      total += count;
    }
  }
  const sorted = (counts: ReadonlyMap<string, number>): Record<string, number> => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { total, byVerb: sorted(byVerb), byCall: sorted(byCall) };
}
