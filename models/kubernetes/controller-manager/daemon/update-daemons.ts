/**
 * The rolling update of a DaemonSet: old pods go as fast as maxUnavailable or maxSurge allow.
 *
 * Old pods that are not available are always replaced at once; available ones only within the limit.
 * Source: pkg/controller/daemon/update.go.
 */
import type { Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { isTerminating } from '../../object/meta.ts';
import type { Pod } from '../../object/types.ts';
import { scaledValue } from '../deployment/deployment-util.ts';
import { isPodAvailable } from '../pod/pod-state.ts';
import { isUpdated, type DaemonSync } from './daemon-sync.ts';
import { syncNodes } from './manage-daemons.ts';

/** The one new and the one old pod of a node; undefined when it has more of a sort. */
interface NodePods {
  readonly fresh: Pod | undefined;
  readonly old: Pod | undefined;
}

export function* rollingUpdate(sync: DaemonSync): Task<Err> {
  const { maxSurge, maxUnavailable, desired } = limits(sync);
  return maxSurge === 0 ? yield* replaceInPlace(sync, maxUnavailable) : yield* replaceWithSurge(sync, maxSurge, desired);
}

function limits({ daemonSet, nodes, eligibility }: DaemonSync): { maxSurge: number; maxUnavailable: number; desired: number } {
  let desired = 0;
  for (const node of nodes) if (eligibility(node).shouldRun) desired += 1;
  const { maxSurge, maxUnavailable } = daemonSet.spec.updateStrategy?.rollingUpdate ?? {};
  const surge = scaledValue(maxSurge as number | string | undefined, desired, true);
  const unavailable = scaledValue(maxUnavailable as number | string | undefined, desired, true);
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable, desired };
}

function nodePods(sync: DaemonSync, pods: readonly Pod[]): NodePods | undefined {
  let fresh: Pod | undefined;
  let old: Pod | undefined;
  for (const pod of pods) {
    if (isTerminating(pod)) continue;
    if (isUpdated(pod, sync.hash, sync.daemonSet)) {
      if (fresh !== undefined) return undefined;
      fresh = pod;
    } else {
      if (old !== undefined) return undefined;
      old = pod;
    }
  }
  return { fresh, old };
}

function* replaceInPlace(sync: DaemonSync, maxUnavailable: number): Task<Err> {
  const allowed: string[] = [];
  const candidates: string[] = [];
  let unavailable = 0;
  for (const pods of sync.podsByNode.values()) {
    const found = nodePods(sync, pods);
    if (found === undefined || (found.fresh === undefined) === (found.old === undefined)) unavailable += 1;
    else if (found.fresh !== undefined) unavailable += isAvailable(sync, found.fresh) ? 0 : 1;
    else if (found.old !== undefined) (isAvailable(sync, found.old) ? candidates : allowed).push(found.old.metadata.name);
  }
  const room = Math.max(0, maxUnavailable - unavailable);
  return yield* syncNodes(sync, [...allowed, ...candidates.slice(0, room)], []);
}

function* replaceWithSurge(sync: DaemonSync, maxSurge: number, desired: number): Task<Err> {
  const remove: string[] = [];
  const unwanted: Pod[] = [];
  const allowed: string[] = [];
  const candidates: string[] = [];
  let [surging, available] = [0, 0];
  const nodes = new Map(sync.nodes.map((node) => [node.metadata.name, node]));
  for (const [name, pods] of sync.podsByNode) {
    const found = nodePods(sync, pods);
    if (found === undefined) {
      surging += 1;
      continue;
    }
    const { fresh, old } = found;
    const counted = old ?? fresh;
    if (counted !== undefined && isAvailable(sync, counted)) available += 1;
    if (fresh === undefined && old !== undefined) {
      const node = nodes.get(name);
      if (node === undefined || !sync.eligibility(node).shouldRun) unwanted.push(old);
      else (isAvailable(sync, old) ? candidates : allowed).push(name);
    } else if (fresh !== undefined && old !== undefined) {
      if (isAvailable(sync, fresh)) remove.push(old.metadata.name);
      else surging += 1;
    }
  }
  for (const pod of unwanted) {
    if (!isAvailable(sync, pod)) remove.push(pod.metadata.name);
    else if (available > desired) {
      remove.push(pod.metadata.name);
      available -= 1;
    }
  }
  const room = Math.max(0, maxSurge - surging);
  return yield* syncNodes(sync, remove, [...allowed, ...candidates.slice(0, room)]);
}

function isAvailable({ daemonSet, clock }: DaemonSync, pod: Pod): boolean {
  return isPodAvailable(pod, daemonSet.spec.minReadySeconds ?? 0, clock);
}
