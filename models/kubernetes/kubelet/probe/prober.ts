/**
 * Probe workers and their results (pkg/kubelet/prober: prober_manager.go, worker.go; results/results_manager.go).
 *
 * A worker ticks with its period from its start; what it does at a tick depends on the container's status as the status
 * manager has it. Results are kept by container id, so a restarted container starts anew.
 */
import { type Process, type Task, type TimerHandle } from '../../client/process.ts';
import { isSidecar } from '../../object/resources.ts';
import type { core, Pod } from '../../object/types.ts';
import type { CriClient } from '../cri-client.ts';
import { virtualTime } from '../../object/time.ts';
import { type NodeClient, type ProbeOutcome, runProbe } from './probe.ts';

export type ProbeKind = 'liveness' | 'readiness' | 'startup';
export type ProbeResult = 'Success' | 'Failure' | 'Unknown';

/** prober.go: maxProbeRetries. */
const TRIES_MAX = 3;
const LABEL = { liveness: 'Liveness', readiness: 'Readiness', startup: 'Startup' } as const;

export interface ProberHooks {
  /** The pod's status as it was last computed. */
  status(uid: string): core.PodStatus | undefined;
  event(pod: Pod, container: core.Container, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** A result changed: liveness only tells of failures. */
  changed(pod: Pod, kind: ProbeKind, containerId: string, result: ProbeResult): void;
}

interface Worker {
  readonly pod: Pod;
  readonly container: core.Container;
  readonly kind: ProbeKind;
  readonly probe: core.Probe;
  containerId: string;
  lastResult: ProbeOutcome['result'] | undefined;
  runs: number;
  onHold: boolean;
  isStopped: boolean;
  isBusy: boolean;
  timer: TimerHandle | undefined;
}

export class Prober {
  readonly #process: Process;
  readonly #cri: CriClient;
  readonly #net: NodeClient;
  readonly #hooks: ProberHooks;
  readonly #epoch: number;
  readonly #startedUs: number;
  readonly #workers = new Map<string, Worker>();
  readonly #results = { liveness: new Map<string, ProbeResult>(), readiness: new Map<string, ProbeResult>(), startup: new Map<string, ProbeResult>() };

  constructor(process: Process, cri: CriClient, net: NodeClient, epoch: number, hooks: ProberHooks) {
    this.#process = process;
    this.#cri = cri;
    this.#net = net;
    this.#hooks = hooks;
    this.#epoch = epoch;
    this.#startedUs = process.now;
  }

  liveness(id: string): ProbeResult | undefined {
    return this.#results.liveness.get(id);
  }

  startup(id: string): ProbeResult | undefined {
    return this.#results.startup.get(id);
  }

  /** Starts workers for all probes of a pod that have none yet. */
  addPod(pod: Pod): void {
    const containers = [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)];
    for (const container of containers) {
      this.#add(pod, container, 'startup', container.startupProbe);
      this.#add(pod, container, 'readiness', container.readinessProbe);
      this.#add(pod, container, 'liveness', container.livenessProbe);
    }
  }

  #key(uid: string, container: string, kind: ProbeKind): string {
    return `${uid}/${container}/${kind}`;
  }

  #add(pod: Pod, container: core.Container, kind: ProbeKind, probe: core.Probe | undefined): void {
    const key = this.#key(pod.metadata.uid, container.name, kind);
    if (probe === undefined || this.#workers.has(key)) return;
    const worker: Worker = {
      pod, container, kind, probe, containerId: '', lastResult: undefined, runs: 0, onHold: false, isStopped: false, isBusy: false, timer: undefined,
    };
    this.#workers.set(key, worker);
    // Just after the kubelet's own start the first ticks are spread over one period.
    const period = periodOf(probe);
    const spread = this.#process.now - this.#startedUs < period ? this.#process.choose('probe.spread', period) : 0;
    worker.timer = this.#process.after('probe', spread, () => this.#tick(worker));
  }

  #tick(worker: Worker): void {
    if (worker.isStopped) return;
    worker.timer = this.#process.after('probe', periodOf(worker.probe), () => this.#tick(worker));
    if (!worker.isBusy) this.#process.go(this.#run(worker));
  }

  *#run(worker: Worker): Task {
    worker.isBusy = true;
    const goesOn = yield* this.#doProbe(worker);
    worker.isBusy = false;
    if (!goesOn) this.#stop(worker);
  }

  #stop(worker: Worker): void {
    worker.isStopped = true;
    worker.timer?.stop();
    this.#workers.delete(this.#key(worker.pod.metadata.uid, worker.container.name, worker.kind));
    if (worker.containerId !== '') this.#results[worker.kind].delete(worker.containerId);
  }

  /** worker.go, doProbe. False ends the worker. */
  *#doProbe(worker: Worker): Task<boolean> {
    const { pod, container, kind, probe } = worker;
    const status = this.#hooks.status(pod.metadata.uid);
    if (status === undefined) return true;
    if (status.phase === 'Failed' || status.phase === 'Succeeded') return false;
    const own = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].find(({ name }) => name === container.name);
    const id = own?.containerID?.replace(/^[^:]*:\/\//, '') ?? '';
    if (own === undefined || id === '') return true;
    if (worker.containerId !== id) {
      if (worker.containerId !== '') this.#results[kind].delete(worker.containerId);
      worker.containerId = id;
      this.#set(worker, kind === 'liveness' ? 'Success' : kind === 'readiness' ? 'Failure' : 'Unknown');
      worker.onHold = false;
    }
    if (worker.onHold) return true;
    if (own.state?.running === undefined) {
      if (worker.containerId !== '') this.#set(worker, 'Failure');
      return own.state?.terminated === undefined || pod.spec.restartPolicy !== 'Never' || isSidecar(container);
    }
    if (pod.metadata.deletionTimestamp !== undefined && kind !== 'readiness') {
      this.#set(worker, 'Success');
      return false;
    }
    const startedUs = virtualTime(this.#epoch, own.state.running.startedAt ?? '') ?? 0;
    if (Math.floor((this.#process.now - startedUs) / 1_000_000) < (probe.initialDelaySeconds ?? 0)) return true;
    if (own.started === true ? kind === 'startup' : kind !== 'startup') return true;
    const outcome = yield* this.#probe(worker, { pod, container, containerId: id, podIp: status.podIP ?? '' });
    if (outcome.result === 'Error' || worker.isStopped || worker.containerId !== id) return !worker.isStopped;
    this.#count(worker, outcome.result === 'Warning' ? 'Success' : outcome.result);
    return true;
  }

  *#probe(worker: Worker, target: Parameters<typeof runProbe>[1]): Task<ProbeOutcome> {
    let outcome: ProbeOutcome = { result: 'Success' };
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      outcome = yield* runProbe(worker.probe, target, this.#cri, this.#net);
      if (outcome.result !== 'Error') break;
    }
    const label = LABEL[worker.kind];
    const tell = (reason: string, message: string): void => this.#hooks.event(worker.pod, worker.container, 'Warning', reason, message);
    if (outcome.result === 'Error') tell('Unhealthy', `${label} probe errored: ${outcome.output}`);
    else if (outcome.result === 'Failure') tell('Unhealthy', `${label} probe failed: ${outcome.output}`);
    else if (outcome.result === 'Warning') tell('ProbeWarning', `${label} probe warning: ${outcome.output}`);
    return outcome;
  }

  #count(worker: Worker, result: 'Success' | 'Failure'): void {
    if (worker.lastResult === result) worker.runs++;
    else {
      worker.lastResult = result;
      worker.runs = 1;
    }
    const threshold = result === 'Failure' ? (worker.probe.failureThreshold ?? 3) : (worker.probe.successThreshold ?? 1);
    if (worker.runs < threshold) return;
    this.#set(worker, result);
    if ((worker.kind === 'liveness' && result === 'Failure') || worker.kind === 'startup') {
      // The container will be restarted, or its start is decided: nothing to probe until there is another one.
      worker.onHold = true;
      worker.runs = 0;
    }
  }

  #set(worker: Worker, result: ProbeResult): void {
    const results = this.#results[worker.kind];
    if (results.get(worker.containerId) === result) return;
    results.set(worker.containerId, result);
    this.#hooks.changed(worker.pod, worker.kind, worker.containerId, result);
  }

  /** `started` of a running container. */
  isStarted(pod: Pod, container: core.Container, containerId: string): boolean {
    const result = this.#results.startup.get(containerId);
    if (result !== undefined) return result === 'Success';
    return !this.#workers.has(this.#key(pod.metadata.uid, container.name, 'startup')) && container.startupProbe === undefined;
  }

  /** `ready` of a started container. Not ready: its readiness probe runs at once. */
  isReady(pod: Pod, container: core.Container, containerId: string): boolean {
    const result = this.#results.readiness.get(containerId);
    if (result === 'Success') return true;
    const worker = this.#workers.get(this.#key(pod.metadata.uid, container.name, 'readiness'));
    if (worker === undefined) return container.readinessProbe === undefined;
    worker.timer?.stop();
    worker.timer = this.#process.after('probe', 0, () => this.#tick(worker));
    return false;
  }

  /** A terminating pod keeps its readiness probes only; sidecars keep all. */
  stopLivenessAndStartup(pod: Pod): void {
    for (const { name } of pod.spec.containers) {
      for (const kind of ['liveness', 'startup'] as const) {
        const worker = this.#workers.get(this.#key(pod.metadata.uid, name, kind));
        if (worker !== undefined) this.#stop(worker);
      }
    }
  }

  removePod(uid: string): void {
    for (const worker of [...this.#workers.values()]) if (worker.pod.metadata.uid === uid) this.#stop(worker);
  }
}

function periodOf(probe: core.Probe): number {
  return (probe.periodSeconds ?? 10) * 1_000_000;
}
