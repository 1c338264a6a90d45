/**
 * The invariants of the kubelet (its specification's list of 17) over random pods and behaviours, while kubelets crash, runtimes
 * stall, nodes reboot, sandboxes die and containers are killed.
 *
 * Laws 1 to 7, 10 to 12 and 14 are judged at every step by `observed.ts`; the others at the end of a run, here.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../models/kubernetes/object/types.ts';
import { plan, podOf, type Misfortune, type Plan } from './arbitrary.ts';
import { Observer, type Observed } from './observed.ts';
import { PodCluster, SECOND } from './pod-cluster.ts';

const RUNS = Number(process.env['KUBETWIN_RUNS'] ?? 8);
/** Longer than the longest back-off that a flaky container can reach, and than any grace period. */
const RUN_SECONDS = 90;
const SETTLE_SECONDS = 60;
const NODE = 'node-1';

function strike(cluster: PodCluster, observer: Observer, misfortune: Misfortune, startUs: number): void {
  const { kernel } = cluster.simulation;
  const us = startUs + Math.round(misfortune.at * SECOND);
  const until = 'for' in misfortune ? us + Math.round(misfortune.for * SECOND) : us;
  const operation = (at: number, data: object): void => kernel.input(`container-runtime/${NODE}`, { kind: 'node.operation', ...data } as never, at);
  const pod = 'pod' in misfortune ? `default/p${misfortune.pod}` : '';
  switch (misfortune.kind) {
    case 'kubelet':
    case 'reboot': {
      const actors = misfortune.kind === 'reboot' ? [`container-runtime/${NODE}`, `kubelet/${NODE}`] : [`kubelet/${NODE}`];
      observer.disturbedUs.push(us);
      for (const actor of actors) kernel.control({ kind: 'crash', actor }, us);
      for (const actor of actors) kernel.control({ kind: 'restart', actor }, until);
      return;
    }
    case 'stall':
      operation(us, { operation: 'stall' });
      operation(until, { operation: 'unstall' });
      return;
    case 'sandbox':
      return operation(us, { operation: 'kill-sandbox', pod });
    case 'kill':
      return operation(us, { operation: 'signal', pod, container: 'main-0', signal: 'KILL' });
    case 'oom':
      return operation(us, { operation: 'oom', pod, container: 'main-0' });
  }
}

function play(planned: Plan): { cluster: PodCluster; observer: Observer } {
  const cluster = new PodCluster({ seed: planned.seed, disable: ['kube-scheduler', 'kube-proxy', 'coredns'] });
  const observer = new Observer(cluster);
  const startUs = cluster.simulation.now;
  const { kernel } = cluster.simulation;
  for (const [index, each] of planned.pods.entries()) {
    const object = podOf(each, index);
    kernel.input('kubectl', { kind: 'kubectl', action: 'apply', object } as never, startUs + Math.round(each.at * SECOND));
    if (each.deleteAt < RUN_SECONDS) kernel.input('kubectl', { kind: 'kubectl', action: 'delete', object } as never, startUs + Math.round((each.at + each.deleteAt) * SECOND));
  }
  for (const misfortune of planned.misfortunes) strike(cluster, observer, misfortune, startUs);
  cluster.run(RUN_SECONDS + SETTLE_SECONDS);
  return { cluster, observer };
}

/** Laws 8 and 9: what a deleted pod whose node was left in peace shows. */
function stopLaws(pod: Observed, observer: Observer): void {
  const spec = observer.spec(pod.name)?.spec;
  if (pod.deletedUs === undefined || pod.terminatingUs === undefined || spec === undefined) return;
  const grace = spec.terminationGracePeriodSeconds ?? 30;
  const ended = pod.instances.filter(({ startedUs, endedUs }) => startedUs > 0 && endedUs > (pod.terminatingUs ?? 0));
  for (const { container, exitCode, endedUs } of ended.filter((each) => each.exitCode === 137)) {
    observer.law(8, endedUs - (pod.terminatingUs ?? 0) >= (Math.max(2, grace) - 1) * SECOND, () => `${pod.name}/${container} was killed (${exitCode}) ${endedUs - (pod.terminatingUs ?? 0)} µs after it was asked to stop, grace is ${grace} s`);
  }
  const sidecar = ended.find(({ container }) => container === 'sidecar');
  const last = Math.max(0, ...ended.filter(({ container }) => container.startsWith('main-')).map(({ endedUs }) => endedUs));
  if (sidecar !== undefined && sidecar.endedUs - pod.terminatingUs < grace * SECOND) {
    observer.law(9, sidecar.endedUs >= last, () => `the sidecar of ${pod.name} ended ${last - sidecar.endedUs} µs before a main container`);
  }
  observer.law(11, pod.removedUs !== undefined, () => `pod ${pod.name} was deleted ${observer.pods.size} and is still there`);
}

/** Law 13 and what a user cares for most: a clean layer after each restart, and the volume as it was. */
function fileLaws(pod: Observed, cluster: PodCluster, observer: Observer): void {
  const object = cluster.find(pod.name);
  const running = (object?.status.containerStatuses ?? []).find(({ state }) => state?.running !== undefined);
  if (object === undefined || running === undefined) return;
  const starts = cluster.shell(pod.name, 'cat /data/starts', running.name).split('\n');
  observer.law(13, cluster.exec(pod.name, ['cat', '/data/dirty'], running.name).exitCode === 1, () => `a container of ${pod.name} found files of its predecessor`);
  for (const name of new Set(pod.instances.map(({ container }) => container))) {
    const ran = pod.instances.filter(({ container, startedUs }) => container === name && startedUs > 0).length;
    const noted = starts.filter((line) => line === name).length;
    // An instance that was killed at its very start may not have come to write.
    observer.law(13, noted <= ran && noted >= ran - 1, () => `${pod.name}/${name} started ${ran} times, the volume has ${noted} notes`);
  }
}

/** Containers of a pod meet on localhost: the sidecar serves the shared volume. */
function localhostLaw(pod: Observed, cluster: PodCluster, observer: Observer): void {
  const object = cluster.find(pod.name);
  const isServed = object?.status.initContainerStatuses?.some(({ name, state }) => name === 'sidecar' && state?.running !== undefined) === true;
  const main = object?.status.containerStatuses?.find(({ state }) => state?.running !== undefined);
  if (!isServed || main === undefined) return;
  const { stdout, exitCode } = cluster.exec(pod.name, ['wget', '-q', '-O', '-', 'http://localhost:8080/starts'], main.name);
  observer.law(13, exitCode === 0 && stdout.includes('sidecar'), () => `${pod.name}/${main.name} cannot reach the sidecar on localhost: ${exitCode}`);
}

/** Law 15: the back-off of a container only grows (as long as its kubelet lives). */
function backoffLaw(pod: Observed, observer: Observer): void {
  if (observer.disturbedUs.length > 0) return;
  const last = new Map<string, number>();
  for (const { pod: object } of pod.statuses) {
    for (const { name, state } of object.status.containerStatuses ?? []) {
      const [, minutes = '0', rest] = /^back-off (?:(\d+)m)?(\d+)s/.exec(state?.waiting?.message ?? '') ?? [];
      if (state?.waiting?.reason !== 'CrashLoopBackOff' || rest === undefined) continue;
      const seconds = Number(minutes) * 60 + Number(rest);
      observer.law(15, seconds >= (last.get(name) ?? 0), () => `the back-off of ${pod.name}/${name} fell from ${last.get(name)} s to ${seconds} s`);
      last.set(name, seconds);
    }
  }
}

/** Law 16: what runs fits the node. */
function requestsLaw(planned: Plan, observer: Observer): void {
  const milli = (text: string): number => Number(text.replace('m', ''));
  const edges = [...observer.pods.values()].flatMap(({ instances }) => instances.map(({ startedUs }) => startedUs)).filter((us) => us > 0);
  for (const us of edges) {
    let sum = 0;
    for (const [index, each] of planned.pods.entries()) {
      const pod = observer.pods.get(`p${index}`);
      const isRunning = pod?.instances.some(({ container, startedUs, endedUs }) => container.startsWith('main-') && startedUs > 0 && startedUs <= us && endedUs > us);
      // Pods that are terminating are not counted by admission.
      if (isRunning === true && (pod?.terminatingUs ?? Infinity) > us) sum += milli(each.cpu) * each.main.length;
    }
    observer.law(16, sum <= 4000, () => `pods that ask for ${sum}m cores ran on a node of 4`);
  }
}

/**
 * Upstream's kubelet lets such a pod wait for ever: it may not be restarted, its sandbox was lost when something had been made in it, and
 * no main container had run, so that nothing says it failed (kuberuntime_manager.go, computePodActions; kubernetes#118321, not mended in v1.32).
 */
const isForgotten = (pod: Observed, object: Pod): boolean =>
  object.spec.restartPolicy === 'Never' && pod.sandboxLostUs > 0 && pod.sandboxes.size === 0 && pod.instances.length > 0 && !pod.instances.some(({ container, startedUs }) => container.startsWith('main-') && startedUs > 0);

/** Liveness: when all is calm, what should run runs, and what should be over is over. */
function calmLaw(pod: Observed, cluster: PodCluster, observer: Observer): void {
  const object = cluster.find(pod.name);
  if (object === undefined || object.status.phase === 'Failed' || object.status.phase === 'Succeeded' || isForgotten(pod, object)) return;
  for (const { name, state } of object.status.containerStatuses ?? []) {
    const isBackingOff = state?.waiting?.reason === 'CrashLoopBackOff' || state?.terminated !== undefined;
    observer.law(0, state?.running !== undefined || isBackingOff, () => `${pod.name}/${name} is stuck: ${JSON.stringify(state)}`);
  }
}

function judge(planned: Plan): string[] {
  const { cluster, observer } = play(planned);
  const isNodeCalm = !planned.misfortunes.some(({ kind }) => kind === 'reboot' || kind === 'kubelet' || kind === 'stall');
  for (const [index] of planned.pods.entries()) {
    const pod = observer.pod(`p${index}`);
    const isTouched = planned.misfortunes.some((each) => 'pod' in each && each.pod === index);
    if (isNodeCalm && !isTouched) stopLaws(pod, observer);
    calmLaw(pod, cluster, observer);
    backoffLaw(pod, observer);
    fileLaws(pod, cluster, observer);
    localhostLaw(pod, cluster, observer);
  }
  requestsLaw(planned, observer);
  return observer.broken;
}

describe('the invariants of the kubelet', () => {
  it('hold for random pods whose containers and sandboxes die', () => {
    fc.assert(fc.property(plan({ most: 3, nodeFaults: false }), (planned) => void expect(judge(planned)).toEqual([])), { numRuns: RUNS, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false });
  });

  it('hold when kubelets crash, runtimes stall and nodes reboot', () => {
    fc.assert(fc.property(plan({ most: 4, nodeFaults: true }), (planned) => void expect(judge(planned)).toEqual([])), { numRuns: RUNS, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false });
  });

  const steady = { at: 0, main: ['steady'], init: 1, sidecar: false, restartPolicy: 'Always', grace: 1, cpu: '100m', readiness: false, deleteAt: 1000 } as const;

  it('after a reboot a pod with a sidecar initialises again: main containers of the old sandbox prove nothing', () => {
    const misfortunes = [{ at: 3, kind: 'reboot', for: 1 }] as const;
    expect(judge({ seed: '0', pods: [{ ...steady, sidecar: true, deleteAt: 5.7 }, { ...steady, init: 0, deleteAt: 5 }], misfortunes })).toEqual([]);
  });

  it('a kubelet that starts does not remove the dead containers of pods that it has not heard of yet', () => {
    expect(judge({ seed: '307513', pods: [steady], misfortunes: [{ at: 3, kind: 'reboot', for: 1 }] })).toEqual([]);
  });

  /**
   * Found by a campaign: the sandbox died 12 ms before its second init container was there. A runtime asks for a ready sandbox when it
   * begins to make a container and when it starts one, not in between; ours did not ask at the beginning.
   */
  it('a sandbox that dies while a container is made for it: the container never runs', () => {
    const quick = { ...steady, at: 2, main: ['quick'], init: 2, restartPolicy: 'Never', grace: 3, cpu: '700m', readiness: true, deleteAt: 11.2 } as const;
    const flaky = { ...steady, at: 16.5, main: ['flaky', 'stubborn'], restartPolicy: 'Never', deleteAt: 21.6 } as const;
    expect(judge({ seed: '563047', pods: [quick, flaky], misfortunes: [{ at: 3.4, kind: 'sandbox', pod: 0 }] })).toEqual([]);
  });

  it('a pod that is not to be restarted and loses its sandbox before its containers ran waits for ever, as upstream lets it', () => {
    const planned = { seed: '9', pods: [{ ...steady, at: 6.8, main: ['quick', 'flaky'], init: 0, sidecar: true, restartPolicy: 'Never', readiness: true }], misfortunes: [{ at: 7.6, kind: 'reboot', for: 1.1 }] } as const;
    expect(judge(planned)).toEqual([]);
    expect(play(planned).cluster.find('p0')?.status).toMatchObject({ phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'PodInitializing' } } }, { state: { waiting: { reason: 'PodInitializing' } } }] });
  });

  /** Found by a campaign: calls to a runtime that was still down hung for two minutes, as their kubelet had heard of its end before it called. */
  it('a kubelet that starts before its runtime is back tries again, and stops what is to stop', () => {
    const pods = [
      { ...steady, at: 19.9, main: ['steady', 'quick'], init: 0, grace: 3, cpu: '700m', readiness: true, deleteAt: 69.8 },
      { ...steady, at: 19.9, main: ['failing'], sidecar: true, restartPolicy: 'Never', cpu: '1500m', readiness: true, deleteAt: 44.3 },
    ] as const;
    const misfortunes = [{ at: 45.6, kind: 'reboot', for: 10.8 }, { at: 5.2, kind: 'oom', pod: 1 }, { at: 49.1, kind: 'sandbox', pod: 2 }, { at: 48.1, kind: 'kubelet', for: 2.9 }] as const;
    const planned = { seed: '965685', pods, misfortunes };
    expect(judge(planned)).toEqual([]);
    expect(play(planned).cluster.find('p0')).toBeUndefined();
  });

  it('after a reboot a main container that was made and never started stands for an initialisation that was lost, as upstream has it', () => {
    const flaky = { ...steady, at: 12, main: ['flaky'], sidecar: true, cpu: '1500m', readiness: true } as const;
    const polite = { ...steady, at: 20, main: ['polite'], init: 2, restartPolicy: 'Never', deleteAt: 53 } as const;
    const misfortunes = [{ at: 59.7, kind: 'oom', pod: 2 }, { at: 45.1, kind: 'kill', pod: 0 }, { at: 14.4, kind: 'reboot', for: 11.8 }] as const;
    const planned = { seed: '1', pods: [flaky, polite], misfortunes };
    expect(judge(planned)).toEqual([]);
    const started = (name: string): number | undefined => play(planned).observer.pod('p0').instances.find(({ container, sandbox, startedUs }) => container === name && sandbox === 1 && startedUs > 0)?.startedUs;
    expect(started('main-0')).toBeLessThan(started('init-0') ?? 0);
  });
});
