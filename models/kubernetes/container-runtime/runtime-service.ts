/**
 * The calls of the Container Runtime Interface, carried out on a node's sandboxes, containers and images.
 *
 * Each call is a task that takes the time that `timing` says. Names are reserved as containerd does it, Stop and Remove may
 * be repeated. Every change of a container's or sandbox's state is a fact in the log and an event for the kubelet.
 */
import type { CriCalls, CriError, CriMethod, SandboxStatus } from '../api/cri.ts';
import { hex, sha256 } from '../object/hash.ts';
import { NEW } from '../object/new.ts';
import type { Process as Actor, Task } from '../client/process.ts';
import { suspend } from '../client/process.ts';
import { type Container, createContainer, environmentOf, noteExit } from './container.ts';
import { Disk } from './disk.ts';
import { entryPointOf, executableOf } from './entry-point.ts';
import { programOf } from './image/layout.ts';
import { ImageStore } from './image-store.ts';
import { Machine } from './machine.ts';
import { NodeNetwork } from './node-network.ts';
import { type ContainerRuntimeOptions, type Range, REALISTIC_TIMING, type RuntimeTiming } from './options.ts';
import { Host } from './process/host.ts';
import { type ContainerScope, createPidNamespace } from './process/process.ts';
import { createNetworkNamespace, type NetworkNamespace } from './process/socket.ts';
import type { Descriptors, OpenFile } from './process/stream.ts';
import type { Program } from './process/wait.ts';
import { credentialsOf, failure, isStopped, memoryOf, usageOf, silentInput, workingDirectory } from './container-start.ts';
import { execSync, type Executor } from './exec.ts';
import { AddressPool, createSandbox, type Sandbox, startPause } from './sandbox.ts';

export type Outcome<M extends CriMethod> = { readonly result: CriCalls[M]['result'] } | { readonly error: CriError };

/** What outlives a reboot: records, disks and images. */
export interface Surviving {
  readonly sandboxes: Map<string, Sandbox>;
  readonly containers: Map<string, Container>;
  readonly disk: Disk;
  readonly images: ImageStore;
  /** The CNI plugin host-local keeps its reservations on disk. */
  readonly addresses: AddressPool;
  count: number;
  /** How often the machine has been started before. */
  boots: number;
}

/** The kubelet, as far as the runtime and the kernel tell it something by themselves. */
export interface Kubelet {
  changed(podUid: string, containerId: string, type: 'CREATED' | 'STARTED' | 'STOPPED' | 'DELETED'): void;
  usageChanged(): void;
  outOfMemory(process: string, pid: number): void;
}

type Handlers = { readonly [M in CriMethod]: (params: CriCalls[M]['params']) => Task<Outcome<M>> };

export class RuntimeService {
  readonly kept: Surviving;
  readonly #actor: Actor;
  readonly #options: ContainerRuntimeOptions;
  readonly #timing: RuntimeTiming;
  readonly #runtime: 'containerd' | 'cri-o' | 'docker';
  readonly #host: Host;
  /** The node's side of the network; the streaming server connects through it. */
  readonly network: NodeNetwork;
  readonly #hostNamespace: NetworkNamespace;
  readonly #kubelet: Kubelet;
  readonly #machine: Machine;
  /** What `Status` says. */
  readonly health = { runtimeReady: true, networkReady: true };
  readonly #handlers: Handlers;
  readonly executor: Executor;
  readonly #unknownImages = new Set<string>();
  #wakeAtUs = Number.POSITIVE_INFINITY;
  #timer: { stop(): void } | undefined;
  #announced = false;
  readonly #grown = (): void => this.#machine.changed();

  constructor(actor: Actor, options: ContainerRuntimeOptions, kept: Surviving | undefined, kubelet: Kubelet) {
    this.#actor = actor;
    this.#options = options;
    this.#timing = options.timing ?? REALISTIC_TIMING;
    this.#runtime = options.runtime ?? 'containerd';
    this.#kubelet = kubelet;
    this.network = new NodeNetwork(actor, options.node, options.nodeIps[0] ?? '', (work) => this.touch(work));
    this.#host = new Host(this.network, actor.now);
    this.network.attach(this.#host);
    this.#hostNamespace = createNetworkNamespace(`node/${options.node}`, options.nodeIps, true);
    this.kept = kept ?? this.#fresh();
    this.#machine = new Machine(options, this.kept, () => kubelet.usageChanged());
    if (kept !== undefined) this.#afterReboot();
    this.#handlers = this.#table();
    this.executor = {
      actor,
      host: this.#host,
      touch: (work) => this.touch(work),
      delay: () => this.#take('cri.exec', this.#timing.exec),
      find: executableOf,
      id: () => this.#id(),
    };
  }

  #fresh(): Surviving {
    const { present = ['*'], images = [], registry = [] } = this.#options;
    const store = new ImageStore({ prefix: this.#runtime, present, images, registry });
    return { sandboxes: new Map(), containers: new Map(), disk: new Disk(this.#options.epoch), images: store, addresses: new AddressPool(this.#options.podCidr ?? '10.244.0.0/24'), count: 0, boots: 0 };
  }

  /** All processes are gone: containers have exited with 255, sandboxes are not ready, tmpfs is empty. */
  #afterReboot(): void {
    this.kept.boots++;
    this.kept.disk.reboot();
    for (const sandbox of this.kept.sandboxes.values()) {
      if (isStopped(sandbox)) continue;
      for (const ip of sandbox.status.ips) this.kept.addresses.free(ip);
      sandbox.status = { ...sandbox.status, state: 'NOTREADY', ips: [] };
      this.#noteSandbox(sandbox, 'STOPPED');
    }
    for (const container of this.kept.containers.values()) {
      if (container.status.state !== 'RUNNING') continue;
      noteExit(container, 255, this.#actor.now, this.#runtime);
      container.status = { ...container.status, reason: 'Unknown' };
      this.#noteContainer(container, 'STOPPED');
    }
  }

  /** Carries out a call. */
  call<M extends CriMethod>(method: M, params: CriCalls[M]['params']): Task<Outcome<M>> {
    const handler = this.#handlers[method] as (params: CriCalls[M]['params']) => Task<Outcome<M>>;
    return handler(params);
  }

  #table(): Handlers {
    const ready = <T>(result: T): Task<{ result: T }> => this.#answer(result);
    return {
      Version: () => ready({ runtimeName: this.#runtime, runtimeVersion: this.#options.version ?? 'v1.7.27' }),
      Status: () => ready({ ...NEW, ...this.health, boots: this.kept.boots }),
      UpdateRuntimeConfig: ({ podCidr }) => {
        this.kept.addresses.setCidr(podCidr);
        return ready(null);
      },
      RunPodSandbox: (params) => this.#runPodSandbox(params),
      StopPodSandbox: ({ id }) => this.#stopPodSandbox(id),
      RemovePodSandbox: ({ id }) => this.#removePodSandbox(id),
      PodSandboxStatus: ({ id }) => this.#found(this.kept.sandboxes.get(id)?.status, `sandbox "${id}"`),
      ListPodSandbox: () => this.#listed([...this.kept.sandboxes.values()].map(({ status }): SandboxStatus => status)),
      CreateContainer: (params) => this.#createContainer(params),
      StartContainer: ({ id }) => this.#startContainer(id),
      StopContainer: ({ id, timeoutUs }) => this.#stopContainer(id, timeoutUs),
      RemoveContainer: ({ id }) => this.#removeContainer(id),
      ListContainers: () => this.#listed([...this.kept.containers.values()].map(({ status }) => status)),
      ContainerStatus: ({ id }) => this.#found(this.kept.containers.get(id)?.status, `container "${id}"`),
      ExecSync: (params) => execSync(this.kept.containers.get(params.id), params, this.executor),
      PullImage: ({ image }) => this.#pullImage(image),
      ImageStatus: ({ image }) => ready(this.kept.images.find(image) ?? null),
      ListImages: () => ready(this.kept.images.list()),
      RemoveImage: ({ image }) => {
        this.kept.images.remove(image);
        return ready(null);
      },
      ReadLogs: ({ id, query }) => {
        const log = this.kept.containers.get(id)?.log;
        return this.#found(log === undefined ? undefined : { text: log.read(query, this.#options.epoch) }, `container "${id}"`);
      },
      ListContainerStats: () => ready(usageOf(this.kept.containers.values())),
      NodeStats: () => ready(this.#machine.stats()),
      MountVolume: ({ path, content }) => this.#mountVolume(path, content),
      UnmountVolume: ({ path }) => {
        this.kept.disk.unmount(path);
        this.#actor.record('volume', { path, state: 'UNMOUNTED' });
        return ready(null);
      },
      VolumeUsage: ({ path }) => ready({ bytes: this.kept.disk.usage(path) }),
    };
  }

  *#answer<T>(result: T): Task<{ result: T }> {
    return { result };
  }

  *#listed<T>(result: T): Task<{ result: T }> {
    yield* this.#take('cri.query', this.#timing.query);
    return { result };
  }

  *#found<T>(result: T | undefined, what: string): Task<{ result: T } | { error: CriError }> {
    if (result !== undefined) return { result };
    return failure('NotFound', `an error occurred when try to find ${what}: not found`);
  }

  *#take(name: string, range: Range): Task {
    const spread = range.max - range.min;
    const delay = range.min + (spread > 0 ? this.#actor.choose(name, spread) : 0);
    if (delay > 0) yield* this.#actor.sleep(name, delay);
  }

  #id(): string {
    return hex(sha256(`${this.#options.node}/${this.kept.count++}`));
  }

  /** Brings the processes up to now, does something to them, lets them react, and sets the one timer that they need. */
  touch(work: () => void): void {
    const { now } = this.#actor;
    this.#host.run(now);
    work();
    this.#host.run(now);
    const next = this.#host.nextUs();
    const atUs = next ?? Number.POSITIVE_INFINITY;
    if (atUs === this.#wakeAtUs) return;
    this.#timer?.stop();
    this.#timer = undefined;
    this.#wakeAtUs = atUs;
    if (next === undefined) return;
    this.#timer = this.#actor.after('processes', next - now, () => {
      this.#wakeAtUs = Number.POSITIVE_INFINITY;
      this.touch(() => {});
    });
  }

  // Sandboxes.

  *#runPodSandbox(config: CriCalls['RunPodSandbox']['params']): Task<Outcome<'RunPodSandbox'>> {
    const { metadata } = config;
    const name = `${metadata.name}_${metadata.namespace}_${metadata.uid}_${metadata.attempt}`;
    for (const { status } of this.kept.sandboxes.values()) {
      const other = status.metadata;
      if (`${other.name}_${other.namespace}_${other.uid}_${other.attempt}` !== name) continue;
      return failure('Unknown', `failed to reserve sandbox name "${name}": name "${name}" is reserved for "${status.id}"`);
    }
    yield* this.#take('cri.sandbox', this.#timing.runSandbox);
    const ip = config.hostNetwork ? undefined : this.kept.addresses.take();
    if (!config.hostNetwork && ip === undefined) {
      return failure('Unknown', `failed to setup network for sandbox: plugin type="bridge" failed (add): no IP addresses available in range set`);
    }
    const named = config.hostname === '' ? { ...config, hostname: this.#options.node } : config;
    const sandbox = createSandbox(this.#id(), named, ip === undefined ? [] : [ip], this.#hostNamespace, this.#actor.now);
    this.kept.sandboxes.set(sandbox.status.id, sandbox);
    this.touch(() => startPause(sandbox, this.#host, this.#options.epoch));
    this.#announceHost();
    if (!config.hostNetwork) this.network.announce(sandbox.network, metadata, true, config.portMappings);
    this.#noteSandbox(sandbox, 'STARTED');
    return { result: { id: sandbox.status.id } };
  }

  #announceHost(): void {
    if (this.#announced) return;
    this.#announced = true;
    this.network.announce(this.#hostNamespace, undefined, true);
  }

  #noteSandbox(sandbox: Sandbox, type: 'STARTED' | 'STOPPED' | 'DELETED'): void {
    const { id, state, ips, metadata } = sandbox.status;
    this.#actor.record('sandbox', { id, pod: `${metadata.namespace}/${metadata.name}`, attempt: metadata.attempt, state: type === 'DELETED' ? 'REMOVED' : state, ips });
    this.#kubelet.changed(metadata.uid, id, type);
  }

  *#stopPodSandbox(id: string): Task<Outcome<'StopPodSandbox'>> {
    const sandbox = this.kept.sandboxes.get(id);
    if (sandbox === undefined || sandbox.status.state === 'NOTREADY') return { result: null };
    yield* this.#take('cri.sandbox.stop', this.#timing.stopSandbox);
    if (!isStopped(sandbox)) this.#sandboxStopped(sandbox);
    return { result: null };
  }

  #sandboxStopped(sandbox: Sandbox): void {
    this.touch(() => {
      for (const containerId of sandbox.containerIds) this.#kill(this.kept.containers.get(containerId));
      if (sandbox.pause !== undefined) this.#host.killAll(sandbox.pause);
    });
    if (!sandbox.config.hostNetwork) {
      this.network.announce(sandbox.network, sandbox.status.metadata, false);
      for (const ip of sandbox.status.ips) this.kept.addresses.free(ip);
    }
    sandbox.status = { ...sandbox.status, state: 'NOTREADY', ips: [] };
    this.#noteSandbox(sandbox, 'STOPPED');
  }

  /** The pause process of a pod's sandbox dies. */
  killSandbox(pod: string): void {
    for (const sandbox of this.kept.sandboxes.values()) {
      const { namespace, name } = sandbox.config.metadata;
      if (`${namespace}/${name}` === pod && !isStopped(sandbox)) this.#sandboxStopped(sandbox);
    }
  }

  #kill(container: Container | undefined): void {
    if (container?.scope !== undefined) this.#host.killAll(container.scope);
  }

  *#removePodSandbox(id: string): Task<Outcome<'RemovePodSandbox'>> {
    const sandbox = this.kept.sandboxes.get(id);
    if (sandbox === undefined) return { result: null };
    yield* this.#stopPodSandbox(id);
    for (const containerId of sandbox.containerIds) yield* this.#removeContainer(containerId);
    this.kept.sandboxes.delete(id);
    this.#noteSandbox(sandbox, 'DELETED');
    return { result: null };
  }

  // Containers.

  *#createContainer({ sandboxId, config }: CriCalls['CreateContainer']['params']): Task<Outcome<'CreateContainer'>> {
    const sandbox = this.kept.sandboxes.get(sandboxId);
    if (sandbox === undefined) return failure('NotFound', `failed to find sandbox id "${sandboxId}": not found`);
    if (sandbox.status.state !== 'READY') return failure('NotFound', `failed to get sandbox container task: no running task found: task ${sandboxId} not found: not found`);
    for (const { config: other, sandbox: where } of this.kept.containers.values()) {
      if (where.config.metadata.uid !== sandbox.config.metadata.uid) continue;
      if (other.metadata.name !== config.metadata.name || other.metadata.attempt !== config.metadata.attempt) continue;
      return failure('Unknown', `failed to reserve container name "${config.metadata.name}_${sandbox.config.metadata.name}_${config.metadata.attempt}"`);
    }
    yield* this.#take('cri.create', this.#timing.createContainer);
    const info = this.kept.images.find(config.image);
    const image = this.kept.images.definition(config.image);
    if (info === undefined || image === undefined) return failure('NotFound', `failed to resolve image "${config.image}": not found`);
    const names = { image: this.kept.images.shownName(info), imageRef: this.kept.images.shownId(info) };
    const container = createContainer(this.#id(), config, sandbox, image, names, this.kept.disk, this.#actor.now);
    if (typeof container === 'string') return failure('Unknown', container);
    this.kept.containers.set(container.status.id, container);
    sandbox.containerIds.add(container.status.id);
    this.#noteContainer(container, 'CREATED');
    return { result: { id: container.status.id } };
  }

  #noteContainer(container: Container, type: 'CREATED' | 'STARTED' | 'STOPPED' | 'DELETED'): void {
    const { id, state, metadata, exitCode, reason } = container.status;
    const pod = container.sandbox.config.metadata;
    const ended = state === 'EXITED' ? { exitCode, reason } : {};
    this.#actor.record('container', {
      id, pod: `${pod.namespace}/${pod.name}`, container: metadata.name, attempt: metadata.attempt, state: type === 'DELETED' ? 'REMOVED' : state, ...ended,
    });
    this.#kubelet.changed(pod.uid, id, type);
  }

  *#startContainer(id: string): Task<Outcome<'StartContainer'>> {
    const container = this.kept.containers.get(id);
    if (container === undefined) return failure('NotFound', `an error occurred when try to find container "${id}": not found`);
    if (container.status.state !== 'CREATED') return failure('Unknown', `container is in ${container.status.state} state`);
    yield* this.#take('cri.start', this.#timing.startContainer);
    if (container.sandbox.status.state !== 'READY') return this.#startFailed(container, `sandbox container "${container.sandbox.status.id}" is not running`);
    const found = entryPointOf(container, this.#options);
    if (typeof found === 'string') return this.#startFailed(container, found);
    if (found.isUnknown === true) this.#noteUnknown(container.config.image, found.argv);
    this.touch(() => this.#startInit(container, found.program, found.argv));
    return { result: null };
  }

  #startFailed(container: Container, message: string): Outcome<'StartContainer'> {
    const isDocker = this.#runtime === 'docker';
    const full = `failed to create containerd task: failed to create shim task: ${message}`;
    noteExit(container, isDocker ? 127 : 128, this.#actor.now, this.#runtime);
    const reason = isDocker ? 'ContainerCannotRun' : this.#runtime === 'cri-o' ? 'Error' : 'StartError';
    container.status = { ...container.status, reason, message: full, startedAt: isDocker ? this.#actor.now : -1 };
    this.#noteContainer(container, 'STOPPED');
    return failure('Unknown', full);
  }

  /** Nothing is known of the image: it runs until it is stopped. Said once. */
  #noteUnknown(image: string, argv: readonly string[]): void {
    if (this.#unknownImages.has(image)) return;
    this.#unknownImages.add(image);
    this.#actor.record('unknown-image', { image, command: argv.join(' ') });
  }

  #startInit(container: Container, program: Program, argv: readonly string[]): void {
    const { config, sandbox } = container;
    const scope: ContainerScope = {
      id: container.status.id,
      tree: container.tree,
      network: sandbox.network,
      pids: sandbox.sharedPids ?? createPidNamespace(),
      hostname: sandbox.config.hostname,
      epochMs: this.#options.epoch,
      programs: programOf,
      noNewPrivileges: config.noNewPrivileges === true,
      ...(config.memoryLimitBytes === undefined ? {} : { memoryLimitBytes: config.memoryLimitBytes }),
      onMemory: () => this.#checkMemory(container),
      processes: new Set(),
    };
    container.scope = scope;
    container.tree.onGrowth = this.#grown;
    const { now } = this.#actor;
    container.status = { ...container.status, state: 'RUNNING', startedAt: now };
    this.#noteContainer(container, 'STARTED');
    container.init = this.#host.start({
      scope,
      program,
      argv,
      environment: environmentOf(container),
      directory: workingDirectory(container),
      credentials: credentialsOf(container),
      descriptors: this.#standardStreams(container),
      onExit: (status) => this.#exited(container, status),
    });
  }

  #standardStreams(container: Container): Descriptors {
    const sink = (stream: 'stdout' | 'stderr'): OpenFile => ({
      kind: 'sink',
      count: 0,
      write: (text) => {
        container.log.write(stream, text, this.#host.nowUs);
        this.#machine.changed();
      },
    });
    return new Map<number, OpenFile>([
      [0, container.config.stdin ? silentInput(container.config.tty) : { kind: 'device', device: 'null', count: 0 }],
      [1, sink('stdout')],
      [2, sink('stderr')],
    ]);
  }

  #exited(container: Container, status: number): void {
    if (container.scope !== undefined) this.#host.killAll(container.scope);
    noteExit(container, status, this.#host.nowUs, this.#runtime);
    this.#noteContainer(container, 'STOPPED');
  }

  /** The memory of a container's processes against its limit, then that of all against the machine's. */
  #checkMemory(container: Container): void {
    this.#machine.changed();
    const limit = container.config.memoryLimitBytes;
    if (limit !== undefined && container.scope !== undefined && memoryOf(container.scope) > limit) this.outOfMemory(container);
    const victim = this.#machine.victim();
    if (victim === undefined) return;
    const { argv = [], pid = 0 } = victim.init ?? {};
    this.#kubelet.outOfMemory(argv[0] ?? '', pid);
    this.outOfMemory(victim);
  }

  /** The cgroup is killed as a whole (memory.oom.group). */
  outOfMemory(container: Container): void {
    container.oomKilled = true;
    this.#kill(container);
  }

  get host(): Host {
    return this.#host;
  }

  get machine(): Machine {
    return this.#machine;
  }

  *#stopContainer(id: string, timeoutUs: number): Task<Outcome<'StopContainer'>> {
    const container = this.kept.containers.get(id);
    if (container === undefined || container.status.state !== 'RUNNING') return { result: null };
    this.touch(() => {
      if (container.init === undefined) return;
      if (timeoutUs <= 0) this.#kill(container);
      else this.#host.signal(container.init, container.stopSignal, true);
    });
    if (container.scope === undefined) return { result: null };
    yield* suspend<void>((resume) => {
      const timer = this.#actor.after('stop.grace', Math.max(0, timeoutUs), () => this.touch(() => this.#kill(container)));
      container.waiting.add(() => {
        timer.stop();
        this.#actor.soon(resume);
      });
    });
    return { result: null };
  }

  *#removeContainer(id: string): Task<Outcome<'RemoveContainer'>> {
    const container = this.kept.containers.get(id);
    if (container === undefined) return { result: null };
    if (container.status.state === 'RUNNING') this.touch(() => this.#kill(container));
    this.kept.containers.delete(id);
    container.sandbox.containerIds.delete(id);
    this.#noteContainer(container, 'DELETED');
    return { result: null };
  }

  // Images, volumes, usage.

  *#pullImage(image: string): Task<Outcome<'PullImage'>> {
    const { takesUs, error } = this.kept.images.plan(image);
    const spread = Math.floor(takesUs / 4);
    const delay = this.#timing.runSandbox.max === 0 ? 0 : takesUs + (spread > 0 ? this.#actor.choose('cri.pull', spread) : 0);
    if (delay > 0) yield* this.#actor.sleep('cri.pull', delay);
    if (error !== undefined) return failure(error.code, error.message);
    const info = this.kept.images.complete(image);
    if (info === undefined) return failure('Unknown', 'invalid reference format');
    this.#actor.record('image', { name: image, state: 'PULLED', sizeBytes: info.sizeBytes });
    return { result: { imageRef: this.kept.images.shownId(info), sizeBytes: info.sizeBytes } };
  }

  *#mountVolume(path: string, content: CriCalls['MountVolume']['params']['content']): Task<Outcome<'MountVolume'>> {
    const isNew = this.kept.disk.find(path) === undefined;
    const problem = this.kept.disk.mount(path, content, this.#actor.now);
    if (isNew && problem === undefined) this.#actor.record('volume', { path, state: 'MOUNTED' });
    return problem === undefined ? { result: null } : failure('InvalidArgument', problem);
  }
}
