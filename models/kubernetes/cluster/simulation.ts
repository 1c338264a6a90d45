/**
 * A cluster in a few lines: what tests and tools use.
 *
 * @example
 * const cluster = createCluster({ seed: '1', nodes: 3 });
 * cluster.apply('kind: Deployment …');
 * cluster.runUntilConverged();
 * expect(cluster.list('pods')).toHaveLength(3);
 */
import { isLeft } from 'fp-ts/lib/Either.js';
import type { Observable } from 'rxjs';
import { assert, type Kernel, type KernelOptions, type LogRecord, type Message, type Outcome } from '../../../src/index.ts';
import type { Process } from '../client/process.ts';
import type { Store } from '../etcd/store.ts';
import { describeError, parseManifests } from '../manifest/parse.ts';
import { KINDS } from '../api-server/registry/kinds.ts';
import type { KubeObject } from '../object/types.ts';
import type { ControllerOrManager } from '../operator/controller.ts';
import { buildCluster } from './cluster.ts';
import { DEFAULT_CONFIG, type ClusterConfig, type ClusterExtensions } from './config.ts';
import { pendingReasons } from './convergence.ts';
import { workOf, type Work } from './work.ts';
import { kubectlState, type KubectlCommand, type KubectlState } from './kubectl.ts';

/** A cluster's configuration, what code adds to it, the seed, and what the kernel may be told. Everything has a default. */
export interface SimulationOptions extends Partial<ClusterConfig>, ClusterExtensions, Partial<KernelOptions> {}

/** How a run towards convergence ended. */
export interface Convergence {
  readonly isConverged: boolean;
  /** Virtual time in µs since the run's start when the state was reached that then stayed. */
  readonly at: number;
  /** What is still pending, when it has not converged. */
  readonly pending: readonly string[];
  readonly outcome: Outcome;
}

/** How long a converged state must last, and how often it is looked at, in µs. */
const STAYS = 3_000_000;
const LOOK_EVERY = 250_000;

/** Creates a cluster. Nothing has happened yet. */
export function createCluster(options: SimulationOptions = {}): Simulation {
  return new Simulation(options);
}

export class Simulation {
  readonly kernel: Kernel;
  readonly config: ClusterConfig;
  private readonly controllers: readonly ControllerOrManager[];

  /** With `kernel` it is about a run that exists: a fork, say. The options are then those that the run was made with. */
  constructor(options: SimulationOptions, kernel?: Kernel) {
    this.config = { ...DEFAULT_CONFIG, ...pick(options) };
    this.controllers = options.controllers ?? [];
    this.kernel = kernel ?? buildCluster(this.config, { ...options, seed: options.seed ?? '0' }, options);
  }

  /** Records as they are committed: facts, causes, choices. */
  get committed$(): Observable<LogRecord> {
    return this.kernel.committed$;
  }

  /** Virtual time in µs. */
  get now(): number {
    return this.kernel.now;
  }

  /**
   * Applies manifests (YAML text or objects) as the user would, from now on; run the cluster to see the effect.
   * Throws when the text is no manifest, naming line and column.
   */
  apply(manifests: string | readonly KubeObject[]): void {
    for (const object of this.parse(manifests)) this.command('apply', object);
  }

  /** Deletes objects as the user would. */
  delete(manifests: string | readonly KubeObject[]): void {
    for (const object of this.parse(manifests)) this.command('delete', object);
  }

  /** What the user has done so far, and what was refused. */
  get user(): KubectlState {
    return kubectlState(this.kernel.state('kubectl') as Process);
  }

  /** The work done so far: API calls, reconciles, queues, conflicts; the same numbers on every machine. */
  work(): Work {
    return workOf(this.kernel, this.config, this.controllers);
  }

  /** Runs for `duration` µs of virtual time. */
  runFor(duration: number): Outcome {
    return this.kernel.run({ until: this.kernel.now + duration });
  }

  /** Runs until `condition` holds (it is looked at every 250 ms of virtual time) or `timeout` µs have passed; true when it holds. */
  runUntil(condition: (cluster: Simulation) => boolean, timeout = 600_000_000): boolean {
    const end = this.kernel.now + timeout;
    while (!condition(this)) {
      if (this.kernel.now >= end) return false;
      this.kernel.run({ until: Math.min(end, this.kernel.now + LOOK_EVERY) });
    }
    return true;
  }

  /** Runs until everything is as its specs say and has stayed so for three seconds, or `timeout` µs have passed. */
  runUntilConverged(timeout = 600_000_000): Convergence {
    const end = this.kernel.now + timeout;
    let since: number | undefined;
    let outcome: Outcome = { kind: 'time' };
    for (;;) {
      const pending = this.pending();
      since = pending.length === 0 ? (since ?? this.kernel.now) : undefined;
      if (since !== undefined && this.kernel.now - since >= STAYS) return { isConverged: true, at: since, pending, outcome };
      if (this.kernel.now >= end || outcome.kind === 'stopped' || outcome.kind === 'bound') return { isConverged: false, at: this.kernel.now, pending, outcome };
      outcome = this.kernel.run({ until: Math.min(end, this.kernel.now + LOOK_EVERY) });
    }
  }

  /** Why the cluster has not converged: one sentence each. */
  pending(): string[] {
    const state = this.kernel.state('kubectl') as Process | undefined;
    const user = state === undefined ? undefined : kubectlState(state);
    const waits = user === undefined || !user.isDone || user.running > 0 ? ['the manifests are still being applied'] : [];
    return [...waits, ...pendingReasons((prefix) => this.read(prefix))];
  }

  /** One object from the store, by its plural. */
  get(resource: string, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.list(resource, namespace).find(({ metadata }) => metadata.name === name);
  }

  /** All objects of a resource (its plural), of one namespace if one is given, in the store's order. */
  list(resource: string, namespace?: string): readonly KubeObject[] {
    const objects = this.read(KINDS.find((entry) => entry.resource === resource)?.keyPrefix ?? this.customPrefix(resource));
    return namespace === undefined ? objects : objects.filter(({ metadata }) => metadata.namespace === namespace);
  }

  /** Custom objects are stored below their group. */
  private customPrefix(resource: string): string {
    const definition = this.list('customresourcedefinitions').find((object) => object['spec']?.names?.plural === resource);
    return definition === undefined ? resource : `${definition['spec'].group}/${resource}`;
  }

  private read(prefix: string): readonly KubeObject[] {
    const state = this.kernel.state('etcd') as { readonly store: Store } | undefined;
    return state === undefined ? [] : state.store.range(`/registry/${prefix}/`, 0).map(({ object }) => object);
  }

  private command(action: KubectlCommand['action'], object: KubeObject): void {
    this.kernel.input('kubectl', { kind: 'kubectl', action, object } as KubectlCommand as Message);
  }

  private parse(manifests: string | readonly KubeObject[]): readonly KubeObject[] {
    if (typeof manifests !== 'string') return manifests;
    const parsed = parseManifests(manifests, 'manifest');
    assert(!isLeft(parsed), isLeft(parsed) ? describeError(parsed.left) : 'a manifest is well-formed');
    return parsed.right.map(({ object }) => object);
  }
}

/** The configuration's part of the options. */
function pick(options: SimulationOptions): Partial<ClusterConfig> {
  // These have no default of their own: logs from before they could be said hold nothing about them.
  const keys = [...Object.keys(DEFAULT_CONFIG), 'controllerManagers', 'controllerManager', 'securePort'] as (keyof ClusterConfig)[];
  return Object.fromEntries(keys.filter((key) => options[key] !== undefined).map((key) => [key, options[key]])) as Partial<ClusterConfig>;
}
