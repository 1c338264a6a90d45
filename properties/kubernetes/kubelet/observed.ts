/**
 * What a run shows of pods on their node: instances of containers, sandboxes, volumes, workers and the pod's object, each change
 * with its time. Laws are judged while the run goes on; what they find is collected in `broken`.
 */
import type { LogRecord } from '../../../src/index.ts';
import type { core, Pod } from '../../../models/kubernetes/object/types.ts';
import type { PodCluster } from './pod-cluster.ts';

export interface Instance {
  readonly id: string;
  readonly container: string;
  readonly attempt: number;
  /** Attempt of the sandbox that it runs in. */
  readonly sandbox: number;
  state: string;
  startedUs: number;
  endedUs: number;
  exitCode: number;
  reason: string;
}

export interface Observed {
  readonly name: string;
  readonly instances: Instance[];
  /** READY sandboxes by id, with their attempt. */
  readonly sandboxes: Map<string, { readonly attempt: number; readonly ips: readonly string[] }>;
  /** Every version of the object's status. */
  readonly statuses: { readonly us: number; readonly pod: Pod }[];
  /** When it lost its last ready sandbox. */
  sandboxLostUs: number;
  readonly mounted: Set<string>;
  /** When the pod was first seen with a deletionTimestamp, in µs. */
  deletedUs: number | undefined;
  /** When its worker began to terminate it. */
  terminatingUs: number | undefined;
  removedUs: number | undefined;
  workerPhase: string | undefined;
}

interface ContainerFact {
  readonly id: string;
  readonly pod: string;
  readonly container: string;
  readonly attempt: number;
  readonly state: string;
  readonly exitCode?: number;
  readonly reason?: string;
}

/** For this long after a fault of its node began, a kubelet may still be coming back. */
const RECOVERY_US = 30_000_000;
/** The longest that a runtime makes a container. */
const CREATION_US = 100_000;
const ORDER = ['terminating', 'terminated', 'finished'];

export class Observer {
  readonly pods = new Map<string, Observed>();
  readonly broken: string[] = [];
  private readonly cluster: PodCluster;
  /** Moments when a law may be broken because of a fault: kubelets and runtimes that begin anew. */
  readonly disturbedUs: number[] = [];

  constructor(cluster: PodCluster) {
    this.cluster = cluster;
    cluster.simulation.committed$.subscribe((record) => this.observe(record));
  }

  private observe(record: LogRecord): void {
    for (const { kind, data } of record.facts) {
      if (kind === 'container') this.container(data as unknown as ContainerFact, record.time);
      else if (kind === 'sandbox') this.sandbox(data as never, record.time);
      else if (kind === 'volume') this.volume(data as never);
      else if (kind === 'pod-worker') this.worker(data as never, record.time);
      else if (kind === 'etcd.put' || kind === 'etcd.delete') this.object((data as { key: string }).key, kind, record.time);
    }
  }

  pod(name: string): Observed {
    let pod = this.pods.get(name);
    if (pod === undefined) {
      pod = { name, instances: [], sandboxes: new Map(), sandboxLostUs: -Infinity, statuses: [], mounted: new Set(), deletedUs: undefined, terminatingUs: undefined, removedUs: undefined, workerPhase: undefined };
      this.pods.set(name, pod);
    }
    return pod;
  }

  law(number: number, holds: boolean, text: () => string): void {
    if (!holds) this.broken.push(`law ${number} at ${this.cluster.simulation.now} µs: ${text()}`);
  }

  spec(name: string): Pod | undefined {
    return this.pods.get(name)?.statuses.at(-1)?.pod;
  }

  private container(fact: ContainerFact, us: number): void {
    const name = fact.pod.replace(/^.*\//, '');
    const pod = this.pod(name);
    let instance = pod.instances.find(({ id }) => id === fact.id);
    if (fact.state === 'CREATED') {
      const [sandbox] = [...pod.sandboxes.values()];
      instance = { id: fact.id, container: fact.container, attempt: fact.attempt, sandbox: sandbox?.attempt ?? -1, state: 'CREATED', startedUs: 0, endedUs: Infinity, exitCode: 0, reason: '' };
      // A runtime that is making a container goes on when the sandbox dies; the container cannot be started then.
      this.law(4, sandbox !== undefined || us - pod.sandboxLostUs < CREATION_US, () => `${name}/${fact.container} was created without a ready sandbox`);
      this.law(6, !pod.instances.some((each) => each.state !== 'REMOVED' && each.container === fact.container && each.attempt === fact.attempt), () => `two instances ${fact.attempt} of ${name}/${fact.container}`);
      const last = pod.instances.filter((each) => each.container === fact.container).at(-1);
      const isInit = (this.spec(name)?.spec.initContainers ?? []).some((each) => each.name === fact.container);
      this.law(6, last === undefined || fact.attempt === last.attempt + 1 || (isInit && fact.attempt === 0), () => `instance ${fact.attempt} of ${name}/${fact.container} followed ${last?.attempt}`);
      pod.instances.push(instance);
      return;
    }
    if (instance === undefined) return;
    instance.state = fact.state;
    if (fact.state === 'RUNNING') {
      instance.startedUs = us;
      this.started(pod, instance, us);
    } else if (fact.state === 'EXITED') {
      instance.endedUs = us;
      instance.exitCode = fact.exitCode ?? 0;
      instance.reason = fact.reason ?? '';
    }
  }

  private started(pod: Observed, instance: Instance, us: number): void {
    const { name } = pod;
    this.law(4, pod.sandboxes.size > 0, () => `${name}/${instance.container} was started without a ready sandbox`);
    const running = pod.instances.filter((each) => each.state === 'RUNNING' && each.container === instance.container);
    this.law(3, running.length <= 1, () => `${running.length} instances of ${name}/${instance.container} run`);
    const isLate = pod.terminatingUs !== undefined && us - pod.terminatingUs > 5_000_000;
    this.law(7, !isLate, () => `${name}/${instance.container} started ${us - (pod.terminatingUs ?? 0)} µs after its pod began to terminate`);
    this.initOrder(pod, instance);
  }

  /** Law 5: init containers one after the other, main containers after them, in each sandbox. */
  private initOrder(pod: Observed, instance: Instance): void {
    const spec = this.spec(pod.name)?.spec;
    const init = spec?.initContainers ?? [];
    const at = init.findIndex((each) => each.name === instance.container);
    const before = at < 0 ? init : init.slice(0, at);
    if (at < 0 && pod.instances.some((each) => each.sandbox === instance.sandbox && each.id !== instance.id && each.startedUs > 0 && !init.some((other) => other.name === each.container))) return;
    // A main container that was made in an older sandbox and never started counts as proof, upstream too: kubernetes#140309.
    if (pod.instances.some((each) => each.state === 'CREATED' && each.sandbox < instance.sandbox && !init.some((other) => other.name === each.container))) return;
    for (const { name, restartPolicy } of before) {
      const own = pod.instances.filter((each) => each.container === name && each.sandbox === instance.sandbox);
      const isPassed = restartPolicy === 'Always' ? own.some(({ startedUs }) => startedUs > 0) : own.some(({ state, exitCode, endedUs }) => (state === 'EXITED' || state === 'REMOVED') && endedUs !== Infinity && exitCode === 0);
      // A sidecar that restarts later does not wait for init containers after it, and those before it have passed.
      this.law(5, isPassed, () => `${pod.name}/${instance.container} started before init container ${name} had passed`);
    }
  }

  private sandbox(fact: { id: string; pod: string; attempt: number; state: string; ips: readonly string[] }, us: number): void {
    const name = fact.pod.replace(/^.*\//, '');
    const pod = this.pod(name);
    if (fact.state !== 'READY') {
      if (pod.sandboxes.delete(fact.id) && pod.sandboxes.size === 0) pod.sandboxLostUs = us;
      return;
    }
    pod.sandboxes.set(fact.id, { attempt: fact.attempt, ips: fact.ips });
    this.law(2, pod.sandboxes.size <= 1, () => `${pod.sandboxes.size} ready sandboxes of ${name}`);
    const spec = this.spec(name)?.spec;
    const used = new Set([...(spec?.containers ?? []), ...(spec?.initContainers ?? [])].flatMap(({ volumeMounts = [] }) => volumeMounts.map((mount) => mount.name)));
    for (const volume of used) this.law(4, pod.mounted.has(volume), () => `the sandbox of ${name} was made before volume ${volume} was mounted`);
  }

  private volume({ path, state }: { path: string; state: string }): void {
    const [, uid = '', volume = ''] = /\/pods\/([^/]+)\/volumes\/[^/]+\/(.+)$/.exec(path) ?? [];
    const pod = [...this.pods.values()].find(({ statuses }) => statuses.at(-1)?.pod.metadata.uid === uid);
    if (state === 'MOUNTED') pod?.mounted.add(volume);
    else pod?.mounted.delete(volume);
  }

  private worker({ pod: key, phase }: { pod: string; phase: string }, us: number): void {
    const pod = this.pod(key.replace(/^.*\//, ''));
    const isRestarted = this.disturbedUs.some((at) => at <= us);
    this.law(1, isRestarted || pod.workerPhase === undefined || ORDER.indexOf(phase) > ORDER.indexOf(pod.workerPhase), () => `the worker of ${pod.name} went from ${pod.workerPhase} to ${phase}`);
    pod.workerPhase = phase;
    if (phase === 'terminating') pod.terminatingUs ??= us;
  }

  private object(key: string, kind: string, us: number): void {
    const name = /^\/registry\/pods\/default\/(.+)$/.exec(key)?.[1];
    if (name === undefined) return;
    const pod = this.pod(name);
    if (kind === 'etcd.delete') {
      pod.removedUs = us;
      const alive = pod.instances.filter(({ state }) => state === 'RUNNING');
      this.law(11, alive.length === 0, () => `pod ${name} was removed while ${alive.map(({ container }) => container).join(', ')} ran`);
      const last = pod.statuses.at(-1)?.pod.status.phase;
      this.law(11, last === 'Failed' || last === 'Succeeded' || pod.instances.length === 0, () => `pod ${name} was removed in phase ${last}`);
      return;
    }
    const object = this.cluster.find(name);
    if (object === undefined) return;
    const previous = pod.statuses.at(-1)?.pod;
    pod.statuses.push({ us, pod: object });
    if (object.metadata.deletionTimestamp !== undefined) pod.deletedUs ??= us;
    this.statusLaws(pod, previous, object);
  }

  private statusLaws(pod: Observed, previous: Pod | undefined, object: Pod): void {
    const { status } = object;
    const { name } = pod;
    const isOver = (phase: string | undefined): boolean => phase === 'Failed' || phase === 'Succeeded';
    this.law(10, !isOver(previous?.status.phase) || status.phase === previous?.status.phase, () => `the phase of ${name} went from ${previous?.status.phase} to ${status.phase}`);
    const ready = (status.conditions ?? []).find(({ type }) => type === 'Ready');
    if (isOver(status.phase)) {
      this.law(10, !pod.instances.some(({ state }) => state === 'RUNNING'), () => `${name} is ${status.phase} while a container runs`);
      this.law(10, ready?.status !== 'True', () => `${name} is ${status.phase} and ready`);
    }
    if (ready?.status === 'True') {
      const containers = status.containerStatuses ?? [];
      this.law(12, containers.every((each) => each.ready) && containers.length === object.spec.containers.length, () => `${name} is ready, not all of its containers are`);
    }
    if (previous === undefined) return;
    this.law(14, previous.status.startTime === undefined || String(previous.status.startTime) === String(status.startTime), () => `startTime of ${name} changed`);
    this.law(14, previous.status.qosClass === undefined || previous.status.qosClass === status.qosClass, () => `the QoS class of ${name} changed`);
    for (const condition of status.conditions ?? []) this.transition(pod, previous.status.conditions ?? [], condition);
  }

  private transition(pod: Observed, before: readonly core.PodCondition[], condition: core.PodCondition): void {
    const old = before.find(({ type }) => type === condition.type);
    if (old === undefined || old.status !== condition.status) return;
    // A kubelet that has just begun may compute a condition as lost and found again before it sends either: upstream's does, too.
    const [previous, last] = pod.statuses.slice(-2);
    if (this.disturbedUs.some((at) => at <= (last?.us ?? 0) && at + RECOVERY_US >= (previous?.us ?? 0))) return;
    this.law(14, String(old.lastTransitionTime) === String(condition.lastTransitionTime), () => `lastTransitionTime of ${pod.name}'s ${condition.type} moved without a change`);
  }
}
