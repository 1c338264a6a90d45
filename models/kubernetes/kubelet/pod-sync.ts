/**
 * The three steps of a pod's worker: sync, terminate, clean up (pkg/kubelet/kubelet.go: `SyncPod`, `SyncTerminatingPod`,
 * `SyncTerminatedPod`).
 */
import type { Process, Task } from '../client/process.ts';
import { qosClassOf } from '../object/resources.ts';
import { parseTime } from '../object/time.ts';
import type { core, Pod, Service } from '../object/types.ts';
import type { EnvironmentInputs } from './container/environment.ts';
import type { KubeRuntime } from './container/kuberuntime.ts';
import type { PodStatus } from './container/pod-status.ts';
import { isStatic, type Mirrors } from './config/static-pods.ts';
import type { PodSyncer } from './pod-workers.ts';
import type { Prober } from './probe/prober.ts';
import { apiStatus } from './status/api-status.ts';
import type { StartFailure } from './status/container-statuses.ts';
import { type Condition, containersReadyCondition, readyCondition } from './status/generate.ts';
import { isFinalPhase } from './status/phase.ts';
import type { StatusManager } from './status/status-manager.ts';
import type { ApiSources } from './volume/api-sources.ts';
import type { VolumeManager } from './volume/volume-manager.ts';

/** The kubelet's parts that a sync uses. */
export interface SyncParts {
  readonly process: Process;
  readonly prober: Prober;
  readonly statuses: StatusManager;
  readonly runtime: KubeRuntime;
  readonly volumes: VolumeManager;
  readonly sources: ApiSources;
  readonly mirrors: Mirrors;
}

/** What a sync knows of its node. */
export interface SyncNode {
  readonly epoch: number;
  readonly node: string;
  readonly runtime: string;
  readonly hostIps: readonly string[];
  readonly services: () => readonly Service[];
  readonly allocatable: () => Readonly<Record<string, string>>;
  readonly event: (pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string) => void;
  /** Why only pods of the host network can be synced, if so. */
  readonly networkErrors: () => readonly string[];
  readonly finished: () => void;
  /** Called when a pod's deadline has passed: its worker must look again. */
  readonly pastDeadline: (pod: Pod) => void;
}

/** active_deadline.go. */
const DEADLINE_EXCEEDED = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };

type References = ReadonlyMap<string, Readonly<Record<string, string>> | undefined>;

export class PodSync implements PodSyncer {
  private readonly parts: SyncParts;
  private readonly node: SyncNode;
  /** Why containers did not start, by pod and container: shown as waiting reasons. */
  private readonly failures = new Map<string, Map<string, StartFailure>>();

  constructor(parts: SyncParts, node: SyncNode) {
    this.parts = parts;
    this.node = node;
  }

  *syncPod(pod: Pod, status: PodStatus, isFirst: boolean, isCancelled: () => boolean): Task<{ isTerminal: boolean; error: string | undefined; isSettled: boolean }> {
    const { statuses, volumes, prober, runtime } = this.parts;
    const computed = this.statusOf(pod, status, false);
    statuses.set(pod, computed);
    if (isFinalPhase(computed.phase)) return { isTerminal: true, error: undefined, isSettled: true };
    const network = this.node.networkErrors();
    if (network.length > 0 && pod.spec.hostNetwork !== true) {
      const problem = `network is not ready: ${network.join(', ')}`;
      this.node.event(pod, 'Warning', 'NetworkNotReady', problem);
      return { isTerminal: false, error: problem, isSettled: false };
    }
    if (isStatic(pod)) yield* this.parts.mirrors.ensure(pod);
    if (isFirst) yield* this.lookForPullSecrets(pod);
    const inputs = this.inputs(status.ips, new Map(), new Map());
    const problem = yield* volumes.waitFor(pod, inputs, isCancelled);
    if (isCancelled()) return { isTerminal: false, error: undefined, isSettled: true };
    if (problem !== undefined) {
      if (!problem.includes('context deadline exceeded')) this.node.event(pod, 'Warning', 'FailedMount', `Unable to attach or mount volumes: ${problem}`);
      return { isTerminal: false, error: problem, isSettled: false };
    }
    prober.addPod(pod);
    const result = yield* runtime.syncPod(pod, status);
    this.noteFailures(pod, result.failures);
    this.armDeadline(pod);
    return { isTerminal: false, error: result.error, isSettled: !volumes.needsRefresh(pod) && !(isStatic(pod) && this.parts.mirrors.of(pod) === undefined) };
  }

  *syncTerminatingPod(pod: Pod, status: PodStatus, graceSeconds: number, change: ((status: core.PodStatus) => core.PodStatus) | undefined): Task<string | undefined> {
    const { statuses, prober, runtime, volumes } = this.parts;
    const computed = this.statusOf(pod, status, false);
    statuses.set(pod, change === undefined ? computed : change(computed));
    prober.stopLivenessAndStartup(pod);
    const error = yield* runtime.killPod(pod, status, graceSeconds);
    if (error !== undefined) return error;
    prober.removePod(pod.metadata.uid);
    const stopped = yield* runtime.readStatus(pod.metadata.uid, status);
    const running = stopped.containers.filter(({ state }) => state === 'RUNNING').map(({ metadata }) => metadata.name);
    if (running.length > 0) return `detected running containers after a successful KillPod: [${running.join(' ')}]`;
    // How the containers ended decides now: of an evicted pod whose containers exit with 0 nothing stays but the condition (kubernetes#118310).
    statuses.set(pod, this.statusOf(pod, stopped, true));
    volumes.stopped(pod.metadata.uid);
    return undefined;
  }

  *syncTerminatedPod(pod: Pod, status: PodStatus): Task<string | undefined> {
    const { statuses, volumes } = this.parts;
    statuses.set(pod, this.statusOf(pod, status, true));
    yield* volumes.release(pod.metadata.uid);
    statuses.terminate(pod);
    return undefined;
  }

  /** A kubelet that starts finds a pod which is to stop, and whose volumes are still there. */
  restoreVolumes(pod: Pod): void {
    this.parts.volumes.restore(pod, this.inputs([], new Map(), new Map()));
  }

  finished(pod: Pod): void {
    this.failures.delete(pod.metadata.uid);
    this.parts.prober.removePod(pod.metadata.uid);
    this.node.finished();
  }

  /** What an environment or a volume of the pod may refer to, read from the API. */
  *environment(pod: Pod, container: core.Container, podIps: readonly string[]): Task<EnvironmentInputs> {
    const configMaps = new Map<string, Readonly<Record<string, string>> | undefined>();
    const secrets = new Map<string, Readonly<Record<string, string>> | undefined>();
    const namespace = pod.metadata.namespace ?? '';
    const refs = [
      ...(container.envFrom ?? []).map(({ configMapRef, secretRef }) => ({ configMap: configMapRef?.name, secret: secretRef?.name })),
      ...(container.env ?? []).map(({ valueFrom }) => ({ configMap: valueFrom?.configMapKeyRef?.name, secret: valueFrom?.secretKeyRef?.name })),
    ];
    for (const { configMap, secret } of refs) {
      if (configMap !== undefined && !configMaps.has(configMap)) configMaps.set(configMap, yield* this.parts.sources.configMap(namespace, configMap));
      if (secret !== undefined && !secrets.has(secret)) secrets.set(secret, yield* this.parts.sources.secret(namespace, secret));
    }
    return this.inputs(podIps, configMaps, secrets);
  }

  /** The status with Ready and ContainersReady computed anew. */
  withReadyConditions(pod: Pod, status: core.PodStatus, transition: (condition: Condition, old: readonly core.PodCondition[]) => core.PodCondition): core.PodStatus {
    const conditions = status.conditions ?? [];
    const containersReady = containersReadyCondition(pod, status.containerStatuses ?? [], status.initContainerStatuses ?? [], status.phase ?? '');
    const fresh = [readyCondition(pod, containersReady, conditions), containersReady];
    return {
      ...status,
      conditions: conditions.map((condition) => {
        const next = fresh.find(({ type }) => type === condition.type);
        return next === undefined ? condition : transition(next, conditions);
      }),
    };
  }

  /** Secrets for pulling are only missed, never used: every registry here is open. */
  private *lookForPullSecrets(pod: Pod): Task {
    const missing: string[] = [];
    for (const { name = '' } of pod.spec.imagePullSecrets ?? []) {
      if ((yield* this.parts.sources.secret(pod.metadata.namespace ?? '', name)) === undefined) missing.push(name);
    }
    if (missing.length === 0) return;
    this.node.event(pod, 'Warning', 'FailedToRetrieveImagePullSecret', `Unable to retrieve some image pull secrets (${missing.join(', ')}); attempting to pull the image may not succeed.`);
  }

  private inputs(podIps: readonly string[], configMaps: References, secrets: References): EnvironmentInputs {
    const { node, hostIps, services, allocatable } = this.node;
    return {
      services: services(),
      configMap: (name) => configMaps.get(name),
      secret: (name) => secrets.get(name),
      podIps,
      nodeName: node,
      hostIps,
      allocatable: allocatable(),
    };
  }

  private statusOf(pod: Pod, status: PodStatus, isTerminal: boolean): core.PodStatus {
    const { process, prober, statuses } = this.parts;
    const { epoch, runtime, hostIps } = this.node;
    const failures = this.failures.get(pod.metadata.uid);
    return apiStatus(pod, status, {
      epoch,
      runtime,
      failure: (container) => failures?.get(container),
      now: process.now,
      hostIps,
      previous: statuses.get(pod.metadata.uid) ?? (pod.status as core.PodStatus),
      isTerminal,
      probes: {
        started: (container, { containerID }) => prober.isStarted(pod, container, bareId(containerID)),
        ready: (container, { containerID }) => prober.isReady(pod, container, bareId(containerID)),
      },
      qosClass: qosClassOf(pod),
      eviction: this.evictionOf(pod),
    });
  }

  /** active_deadline.go, ShouldEvict: each time that it says so, it also tells. */
  private evictionOf(pod: Pod): { readonly reason: string; readonly message: string } | undefined {
    if (this.deadlineOf(pod) > this.parts.process.now) return undefined;
    this.node.event(pod, 'Normal', DEADLINE_EXCEEDED.reason, DEADLINE_EXCEEDED.message);
    return DEADLINE_EXCEEDED;
  }

  private noteFailures(pod: Pod, failures: ReadonlyMap<string, StartFailure | undefined>): void {
    const { uid } = pod.metadata;
    let known = this.failures.get(uid);
    if (known === undefined) this.failures.set(uid, (known = new Map()));
    for (const [container, failure] of failures) {
      if (failure === undefined) known.delete(container);
      else known.set(container, failure);
    }
  }

  /** When activeDeadlineSeconds are over, in virtual µs; Infinity without one. */
  private deadlineOf(pod: Pod): number {
    const { activeDeadlineSeconds } = pod.spec;
    const started = this.parts.statuses.get(pod.metadata.uid)?.startTime ?? pod.status.startTime;
    const micros = started === undefined ? undefined : parseTime(String(started));
    if (activeDeadlineSeconds === undefined || micros === undefined) return Infinity;
    return micros - this.node.epoch * 1000 + activeDeadlineSeconds * 1_000_000;
  }

  private readonly deadlines = new Set<string>();

  private armDeadline(pod: Pod): void {
    const { uid } = pod.metadata;
    const deadline = this.deadlineOf(pod);
    if (deadline === Infinity || this.deadlines.has(uid)) return;
    this.deadlines.add(uid);
    this.parts.process.after('pod.deadline', Math.max(0, deadline - this.parts.process.now), () => {
      this.deadlines.delete(uid);
      this.node.pastDeadline(pod);
    });
  }
}

const bareId = (id: string | undefined): string => (id ?? '').replace(/^[^:]*:\/\//, '');
