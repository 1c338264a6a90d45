/**
 * The runtime manager: carries out what `computePodActions` says (pkg/kubelet/kuberuntime).
 *
 * Everything in one pod happens one after another, in the order of upstream's SyncPod; only stopping is side by side. Events
 * have upstream's reasons and messages.
 */
import type { ContainerConfig, ContainerStatus } from '../../api/cri.ts';
import type { Process, Task } from '../../client/process.ts';
import { isSidecar } from '../../object/resources.ts';
import { quantityOf, quantityValue } from '../../object/quantity.ts';
import type { core, Pod } from '../../object/types.ts';
import { type CriClient, rpcError } from '../cri-client.ts';
import { Backoff, goDuration } from './backoff.ts';
import { expand, makeEnvironment, type EnvironmentInputs } from './environment.ts';
import type { Images } from './images.ts';
import { computePodActions, containerHash, type KillReason, type ProbeResults } from './pod-actions.ts';
import { makeMounts } from './mounts.ts';
import { dnsOf, hostnameOf, hostPortsOf, hostsFile } from './pod-network.ts';
import { oomScoreAdj } from './oom-score.ts';
import { findStatus, type PodStatus } from './pod-status.ts';
import { podStatusOf } from '../pleg.ts';
import type { StartFailure } from '../status/container-statuses.ts';

/** kuberuntime_container.go: minimumGracePeriodInSeconds. */
const MINIMUM_GRACE_SECONDS = 2;

export interface RuntimeHooks {
  event(pod: Pod, container: core.Container | undefined, type: 'Normal' | 'Warning', reason: string, message: string): void;
  /** Where a volume is on the node. */
  volumePath(uid: string, name: string): string | undefined;
  /** What `makeEnvironment` needs, with the config maps and secrets that the container refers to already read. */
  environment(pod: Pod, container: core.Container, podIps: readonly string[]): Task<EnvironmentInputs>;
  /** Sends an HTTP request for a hook; only transport errors are failures. */
  httpHook(pod: Pod, container: core.Container, action: core.HTTPGetAction, podIp: string): Task<string | undefined>;
  /** The node's memory, as a quantity. */
  memoryCapacity(): string | undefined;
  /** On which CPUs and NUMA nodes the container is to stay, as far as that is managed. */
  affinity?(pod: Pod, container: core.Container): { readonly cpusetCpus?: string; readonly cpusetMems?: string };
  /** A container has been created and is about to start. */
  starting?(pod: Pod, container: core.Container): void;
}

export interface SyncResult {
  /** Why each container that was to start did not; `undefined` clears what was known. */
  readonly failures: Map<string, StartFailure | undefined>;
  error: string | undefined;
}

export class KubeRuntime {
  readonly backoff = new Backoff();
  readonly #process: Process;
  readonly #cri: CriClient;
  readonly #images: Images;
  readonly #probes: ProbeResults;
  readonly #hooks: RuntimeHooks;
  readonly #clusterDns: string | undefined;
  readonly #domain: string;

  constructor(process: Process, cri: CriClient, images: Images, probes: ProbeResults, hooks: RuntimeHooks, dns: { readonly server: string | undefined; readonly domain: string }) {
    this.#process = process;
    this.#cri = cri;
    this.#images = images;
    this.#probes = probes;
    this.#hooks = hooks;
    this.#clusterDns = dns.server;
    this.#domain = dns.domain;
  }

  /** One sync: kills, creates and starts what is needed. */
  *syncPod(pod: Pod, status: PodStatus): Task<SyncResult> {
    const result: SyncResult = { failures: new Map(), error: undefined };
    const actions = computePodActions(pod, status, this.#probes);
    if (actions.killPod) {
      if (actions.createSandbox && actions.sandboxId !== '') this.#hooks.event(pod, undefined, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
      result.error = yield* this.killPod(pod, status, undefined);
      if (result.error !== undefined) return result;
      if (actions.createSandbox) yield* this.#purgeInit(pod, status);
    } else {
      for (const toKill of actions.containersToKill) {
        result.error = yield* this.#killContainer(pod, toKill.status, toKill.container, toKill.message, toKill.reason, undefined, undefined);
        if (result.error !== undefined) return result;
      }
    }
    yield* this.#pruneInit(pod, status);
    let sandboxId = actions.sandboxId;
    let podIps = status.ips;
    if (actions.createSandbox) {
      const created = yield* this.#createSandbox(pod, actions.attempt);
      if ('error' in created) return { ...result, error: created.error };
      sandboxId = created.id;
      const fresh = yield* this.#cri.call('PodSandboxStatus', { id: sandboxId });
      if (fresh.ok) podIps = fresh.value.ips;
    }
    yield* this.#startAll(pod, status, actions, sandboxId, podIps, result);
    return result;
  }

  *#startAll(pod: Pod, status: PodStatus, actions: ReturnType<typeof computePodActions>, sandboxId: string, podIps: readonly string[], result: SyncResult): Task {
    for (const index of actions.ephemeralToStart) {
      const container = pod.spec.ephemeralContainers?.[index] as unknown as core.Container;
      yield* this.#start(pod, container, status, sandboxId, podIps, result);
    }
    for (const index of actions.initToStart) {
      const container = pod.spec.initContainers?.[index] as core.Container;
      const failed = yield* this.#start(pod, container, status, sandboxId, podIps, result);
      if (failed && !isSidecar(container)) return;
    }
    for (const index of actions.containersToStart) {
      yield* this.#start(pod, pod.spec.containers[index] as core.Container, status, sandboxId, podIps, result);
    }
  }

  /** Starts one container, unless it is in back-off. True if it did not start. */
  *#start(pod: Pod, container: core.Container, status: PodStatus, sandboxId: string, podIps: readonly string[], result: SyncResult): Task<boolean> {
    const failure = this.#inBackoff(pod, container, status) ?? (yield* this.#startContainer(pod, container, status, sandboxId, podIps));
    result.failures.set(container.name, failure);
    if (failure === undefined) return false;
    result.error ??= `failed to "StartContainer" for "${container.name}" with ${failure.reason}: ${failure.message}`;
    return true;
  }

  #inBackoff(pod: Pod, container: core.Container, status: PodStatus): StartFailure | undefined {
    const exited = status.containers.find(({ metadata, state }) => metadata.name === container.name && state === 'EXITED');
    if (exited === undefined) return undefined;
    const { name, namespace = '', uid } = pod.metadata;
    const key = `${name}_${namespace}_${uid}_${container.name}_${containerHash(container)}`;
    const { now } = this.#process;
    if (!this.backoff.isInBackoffSince(key, exited.finishedAt, now)) {
      this.backoff.next(key, exited.finishedAt, now);
      return undefined;
    }
    const text = `${name}_${namespace}(${uid})`;
    this.#hooks.event(pod, container, 'Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${text}`);
    return { reason: 'CrashLoopBackOff', message: `back-off ${goDuration(this.backoff.get(key))} restarting failed container=${container.name} pod=${text}` };
  }

  *#createSandbox(pod: Pod, attempt: number): Task<{ readonly id: string } | { readonly error: string }> {
    const { dns, warnings } = dnsOf(pod, this.#clusterDns, this.#domain);
    for (const { reason, message } of warnings) this.#hooks.event(pod, undefined, 'Warning', reason, message);
    const { name, namespace = '', uid, labels = {}, annotations = {} } = pod.metadata;
    const sysctls = pod.spec.securityContext?.sysctls ?? [];
    const created = yield* this.#cri.call('RunPodSandbox', {
      metadata: { name, namespace, uid, attempt },
      hostname: pod.spec.hostNetwork === true ? '' : hostnameOf(pod, this.#domain).hostname,
      dns,
      labels: { ...labels, 'io.kubernetes.pod.name': name, 'io.kubernetes.pod.namespace': namespace, 'io.kubernetes.pod.uid': uid },
      annotations,
      hostNetwork: pod.spec.hostNetwork === true,
      sharedPids: pod.spec.shareProcessNamespace === true,
      ...hostPortsOf(pod),
      ...(sysctls.length === 0 ? {} : { sysctls: Object.fromEntries(sysctls.map(({ name: key, value }) => [key.replaceAll('/', '.'), value])) }),
    });
    if (created.ok) return { id: created.value.id };
    this.#hooks.event(pod, undefined, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${rpcError(created.error)}`);
    return { error: `failed to "CreatePodSandbox" for "${name}_${namespace}(${uid})" with CreatePodSandboxError: ${rpcError(created.error)}` };
  }

  *#startContainer(pod: Pod, container: core.Container, status: PodStatus, sandboxId: string, podIps: readonly string[]): Task<StartFailure | undefined> {
    const event = (type: 'Normal' | 'Warning', reason: string, message: string): void => this.#hooks.event(pod, container, type, reason, message);
    const image = yield* this.#images.ensure(pod, container, event);
    if ('reason' in image) {
      event('Warning', 'Failed', `Error: ${image.reason}`);
      return image;
    }
    const attempt = (findStatus(status, container.name)?.metadata.attempt ?? -1) + 1;
    const inputs = yield* this.#hooks.environment(pod, container, podIps);
    const config = yield* this.#config(pod, container, attempt, image.imageRef, inputs);
    if (typeof config === 'string') {
      event('Warning', 'Failed', `Error: ${config}`);
      return { reason: 'CreateContainerConfigError', message: config };
    }
    const created = yield* this.#cri.call('CreateContainer', { sandboxId, config });
    if (!created.ok) {
      event('Warning', 'Failed', `Error: ${created.error.message}`);
      return { reason: 'CreateContainerError', message: created.error.message };
    }
    event('Normal', 'Created', `Created container: ${container.name}`);
    const { id } = created.value;
    this.#hooks.starting?.(pod, container);
    const started = yield* this.#cri.call('StartContainer', { id });
    if (!started.ok) {
      event('Warning', 'Failed', `Error: ${started.error.message}`);
      return { reason: 'RunContainerError', message: started.error.message };
    }
    event('Normal', 'Started', `Started container ${container.name}`);
    return yield* this.#postStart(pod, container, id, podIps);
  }

  *#postStart(pod: Pod, container: core.Container, id: string, podIps: readonly string[]): Task<StartFailure | undefined> {
    const hook = container.lifecycle?.postStart;
    if (hook === undefined) return undefined;
    const problem = yield* this.#runHook(pod, container, id, hook, podIps[0] ?? '');
    if (problem === undefined) return undefined;
    this.#hooks.event(pod, container, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
    const status = yield* this.#cri.call('ContainerStatus', { id });
    if (status.ok) yield* this.#killContainer(pod, status.value, container, 'FailedPostStartHook', '', undefined, undefined);
    return { reason: 'PostStartHookError', message: problem };
  }

  *#runHook(pod: Pod, container: core.Container, id: string, hook: core.LifecycleHandler, podIp: string): Task<string | undefined> {
    if (hook.exec !== undefined) {
      const command = hook.exec.command ?? [];
      const result = yield* this.#cri.call('ExecSync', { id, command, timeoutUs: 0 });
      if (!result.ok) return rpcError(result.error);
      if (result.value.exitCode === 0) return undefined;
      return `Exec lifecycle hook ([${command.join(' ')}]) for Container "${container.name}" in Pod "${pod.metadata.name}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid})" failed - error: command '${command.join(' ')}' exited with ${result.value.exitCode}: ${result.value.stderr}, message: "${result.value.stdout}${result.value.stderr}"`;
    }
    if (hook.httpGet !== undefined) return yield* this.#hooks.httpHook(pod, container, hook.httpGet, podIp);
    const sleep = (hook as { sleep?: { seconds: number } }).sleep;
    if (sleep !== undefined) yield* this.#process.sleep('hook.sleep', sleep.seconds * 1_000_000);
    return undefined;
  }

  *#config(pod: Pod, container: core.Container, attempt: number, imageRef: string, inputs: EnvironmentInputs): Task<ContainerConfig | string> {
    const envs = makeEnvironment(pod, container, inputs);
    if (typeof envs === 'string') return envs;
    const lookup = (name: string): string | undefined => envs.find(({ key }) => key === name)?.value;
    const security = { ...pod.spec.securityContext, ...container.securityContext } as core.PodSecurityContext & core.SecurityContext;
    const rootProblem = yield* this.#rootProblem(pod, container, security);
    if (rootProblem !== undefined) return rootProblem;
    const mounts = makeMounts(pod, container, envs, (name) => this.#hooks.volumePath(pod.metadata.uid, name));
    if (typeof mounts === 'string') return mounts;
    const mountsHosts = mounts.some(({ containerPath }) => containerPath === '/etc/hosts');
    const limit = (container.resources?.limits as Record<string, string> | undefined)?.['memory'];
    return {
      metadata: { name: container.name, attempt },
      image: container.image ?? '',
      imageRef,
      command: (container.command ?? []).map((word) => expand(word, lookup)),
      args: (container.args ?? []).map((word) => expand(word, lookup)),
      workingDir: container.workingDir ?? '',
      envs,
      mounts,
      files: mountsHosts ? {} : { '/etc/hosts': hostsFile(pod, inputs.podIps, this.#domain) },
      labels: { 'io.kubernetes.container.name': container.name },
      annotations: { 'io.kubernetes.container.hash': containerHash(container), 'io.kubernetes.container.restartCount': String(attempt) },
      stdin: container.stdin === true,
      tty: container.tty === true,
      terminationMessagePath: container.terminationMessagePath ?? '/dev/termination-log',
      ...(limit === undefined ? {} : { memoryLimitBytes: quantityValue(quantityOf(limit)) }),
      oomScoreAdj: oomScoreAdj(pod, container, this.#hooks.memoryCapacity()),
      ...this.#hooks.affinity?.(pod, container),
      ...(security.runAsUser === undefined ? {} : { runAsUser: security.runAsUser }),
      ...(security.runAsGroup === undefined ? {} : { runAsGroup: security.runAsGroup }),
      supplementalGroups: [...(pod.spec.securityContext?.fsGroup === undefined ? [] : [pod.spec.securityContext.fsGroup]), ...(pod.spec.securityContext?.supplementalGroups ?? [])],
      readOnlyRootFilesystem: container.securityContext?.readOnlyRootFilesystem === true,
      ...(container.securityContext?.allowPrivilegeEscalation === false ? { noNewPrivileges: true } : {}),
    };
  }

  /** security_context.go, verifyRunAsNonRoot. */
  *#rootProblem(pod: Pod, container: core.Container, security: core.SecurityContext): Task<string | undefined> {
    if (security.runAsNonRoot !== true) return undefined;
    const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace ?? ''}(${pod.metadata.uid})", container: ${container.name})`;
    if (security.runAsUser === 0) return `container's runAsUser breaks non-root policy ${where}`;
    if (security.runAsUser !== undefined) return undefined;
    const image = yield* this.#cri.call('ImageStatus', { image: container.image ?? '' });
    const user = image.ok ? (image.value?.user ?? '') : '';
    if (user === '' || user === '0') return `container has runAsNonRoot and image will run as root ${where}`;
    return undefined;
  }

  /** Stops all containers side by side, then every sandbox. */
  *killPod(pod: Pod, status: PodStatus, graceSeconds: number | undefined): Task<string | undefined> {
    const running = status.containers.filter(({ state }) => state === 'RUNNING' || state === 'UNKNOWN');
    const ordering = new TerminationOrder(pod, running.map(({ metadata }) => metadata.name));
    const errors = yield* this.#process.join(running.map((container) => this.#killOrdered(pod, container, graceSeconds, ordering)));
    for (const { id, state } of status.sandboxes) if (state === 'READY') yield* this.#cri.call('StopPodSandbox', { id });
    return errors.find((error) => error !== undefined);
  }

  *#killOrdered(pod: Pod, status: ContainerStatus, graceSeconds: number | undefined, ordering: TerminationOrder): Task<string | undefined> {
    const container = specOf(pod, status.metadata.name);
    const error = yield* this.#killContainer(pod, status, container, '', '', graceSeconds, ordering);
    ordering.ended(status.metadata.name);
    return error;
  }

  *#killContainer(
    pod: Pod,
    status: ContainerStatus,
    container: core.Container,
    message: string,
    reason: KillReason,
    override: number | undefined,
    ordering: TerminationOrder | undefined,
  ): Task<string | undefined> {
    let grace = graceOf(pod, container, reason);
    this.#hooks.event(pod, container, 'Normal', 'Killing', message === '' ? `Stopping container ${container.name}` : message);
    if (override !== undefined) grace = override;
    const began = this.#process.now;
    const hook = container.lifecycle?.preStop;
    if (hook !== undefined && grace > 0) {
      yield* this.#preStop(pod, container, status.id, hook, grace);
      grace -= Math.floor((this.#process.now - began) / 1_000_000);
    }
    if (ordering !== undefined && grace > 0) {
      const waitedFrom = this.#process.now;
      yield* ordering.wait(this.#process, container, grace);
      grace -= Math.floor((this.#process.now - waitedFrom) / 1_000_000);
    }
    const timeoutUs = Math.max(grace, MINIMUM_GRACE_SECONDS) * 1_000_000;
    const stopped = yield* this.#cri.call('StopContainer', { id: status.id, timeoutUs }, timeoutUs);
    return stopped.ok || stopped.error.code === 'NotFound' ? undefined : rpcError(stopped.error);
  }

  /** Waits for the hook for at most the grace period. One that runs longer is left alone: it is told when it fails in the end. */
  *#preStop(pod: Pod, container: core.Container, id: string, hook: core.LifecycleHandler, graceSeconds: number): Task {
    const sandbox = yield* this.#cri.call('ContainerStatus', { id });
    const ip = sandbox.ok ? yield* this.#cri.call('PodSandboxStatus', { id: sandbox.value.sandboxId }) : sandbox;
    const podIp = ip.ok && 'ips' in ip.value ? (ip.value.ips[0] ?? '') : '';
    const race = new Race();
    this.#process.go(this.#toldHook(pod, container, id, hook, podIp, race));
    const timer = this.#process.after('hook.timeout', graceSeconds * 1_000_000, () => race.settle());
    yield* race.outcome();
    timer.stop();
  }

  *#toldHook(pod: Pod, container: core.Container, id: string, hook: core.LifecycleHandler, podIp: string, race: Race): Task {
    const problem = yield* this.#runHook(pod, container, id, hook, podIp);
    if (problem !== undefined) this.#hooks.event(pod, container, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
    race.settle();
  }

  /** A new sandbox starts with a clean slate: records of init containers go. */
  *#purgeInit(pod: Pod, status: PodStatus): Task {
    const names = new Set((pod.spec.initContainers ?? []).map(({ name }) => name));
    for (const { id, metadata } of status.containers) if (names.has(metadata.name)) yield* this.#cri.call('RemoveContainer', { id });
  }

  /** Keeps the newest exited instance of each init container. */
  *#pruneInit(pod: Pod, status: PodStatus): Task {
    const names = new Set((pod.spec.initContainers ?? []).map(({ name }) => name));
    const seen = new Set<string>();
    for (const { id, metadata, state } of status.containers) {
      if (!names.has(metadata.name) || state !== 'EXITED') continue;
      if (seen.has(metadata.name)) yield* this.#cri.call('RemoveContainer', { id });
      seen.add(metadata.name);
    }
  }

  /** The pod's status straight from the runtime, as after a kill. */
  *readStatus(uid: string, previous: PodStatus): Task<PodStatus> {
    const sandboxes = yield* this.#cri.call('ListPodSandbox', {});
    const containers = yield* this.#cri.call('ListContainers', {});
    if (!sandboxes.ok || !containers.ok) return previous;
    const own = sandboxes.value.filter(({ metadata }) => metadata.uid === uid);
    const ids = new Set(own.map(({ id }) => id));
    return podStatusOf(uid, own, containers.value.filter(({ sandboxId }) => ids.has(sandboxId)), previous);
  }
}

/** The first of several ends of a wait. */
class Race {
  #isSettled = false;
  #resume: (() => void) | undefined;

  settle(): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#resume?.();
  }

  *outcome(): Task {
    if (this.#isSettled) return;
    yield ((resume: () => void) => {
      this.#resume = resume;
    }) as never;
  }
}

/** Sidecars stop after the main containers and after later sidecars (kuberuntime_termination_order.go). */
class TerminationOrder {
  readonly #pod: Pod;
  readonly #running: Set<string>;
  readonly #waiting: (() => void)[] = [];

  constructor(pod: Pod, running: readonly string[]) {
    this.#pod = pod;
    this.#running = new Set(running);
  }

  ended(name: string): void {
    this.#running.delete(name);
    for (const look of this.#waiting.splice(0)) look();
  }

  #isBlocked(container: core.Container): boolean {
    const init = this.#pod.spec.initContainers ?? [];
    const index = init.findIndex(({ name }) => name === container.name);
    if (index < 0 || !isSidecar(container)) return false;
    const before = [...this.#pod.spec.containers, ...init.slice(index + 1).filter(isSidecar)];
    return before.some(({ name }) => this.#running.has(name));
  }

  *wait(process: Process, container: core.Container, graceSeconds: number): Task {
    const untilUs = process.now + graceSeconds * 1_000_000;
    while (this.#isBlocked(container) && process.now < untilUs) {
      const race = new Race();
      this.#waiting.push(() => process.soon(() => race.settle()));
      const timer = process.after('kill.order', untilUs - process.now, () => race.settle());
      yield* race.outcome();
      timer.stop();
    }
  }
}

function specOf(pod: Pod, name: string): core.Container {
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? []), ...((pod.spec.ephemeralContainers ?? []) as unknown as core.Container[])];
  return all.find((container) => container.name === name) ?? ({ name } as core.Container);
}

/** setTerminationGracePeriod: deletion's value, the probe's own, the spec's, or the minimum. */
function graceOf(pod: Pod, container: core.Container, reason: KillReason): number {
  if (pod.metadata.deletionGracePeriodSeconds !== undefined) return pod.metadata.deletionGracePeriodSeconds;
  const probe = reason === 'LivenessProbe' ? container.livenessProbe : reason === 'StartupProbe' ? container.startupProbe : undefined;
  return probe?.terminationGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? MINIMUM_GRACE_SECONDS;
}

