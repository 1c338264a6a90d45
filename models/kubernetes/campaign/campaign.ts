/**
 * The Kubernetes cluster as a model of campaigns: small clusters, small workloads, every kind of fault, drawn from a seed.
 *
 * @example
 * const report = campaign(kubernetesCampaign(), 'nightly', 1000);
 * const only = kubernetesCampaign({ kinds: WORKLOADS.filter(({ name }) => name === 'Job'), also: [myInvariant] });
 */
import fc from 'fast-check';
import { stream, type Json, type KernelOptions, type Network } from '../../../src/index.ts';
import type { CampaignModel, Plan, World } from '../../../src/campaign/model.ts';
import { memberOf, type ScheduleName } from '../../../src/explore/schedule/portfolio.ts';
import { FaultNetwork } from '../../../src/fault/network.ts';
import type { Fault } from '../../../src/fault/plan.ts';
import { swarmPlan } from '../../../src/fault/swarm.ts';
import { buildCluster } from '../cluster/cluster.ts';
import { DEFAULT_CONFIG, type Backup, type ClusterConfig, type ClusterExtensions } from '../cluster/config.ts';
import { ClusterNetwork } from '../cluster/timing.ts';
import type { Read } from '../cluster/convergence.ts';
import type { KubeObject } from '../object/types.ts';
import type { FaultKind } from '../fault/kind.ts';
import { clusterEvents } from '../fault/event.ts';
import { StreamNetwork } from '../fault/network.ts';
import { faultActions, FAULT_KINDS } from '../fault/vocabulary.ts';
import { clusterProperties } from '../property/cluster-properties.ts';
import type { AnyInvariant } from '../property/invariant.ts';
import { ObjectView } from '../property/object-view.ts';
import { unsettled } from '../property/settled.ts';
import { actions, schedule, type Action } from './action.ts';
import { faultBudget, faultMakers, FAULT_WEIGHTS } from './fault.ts';
import { WORKLOADS, type WorkloadKind } from './kind.ts';
import { warmStore } from './warm.ts';

const SECOND = 1_000_000;

/** Users and faults act in this time; then everything is healed. */
const HORIZON = 30 * SECOND;
/** What faults left behind (a process that wakes up and acts on what it knew) may show for so long. */
const AFTERMATH = 5 * SECOND;
/**
 * After that a cluster has so long. Calls that got no answer are given up after 45 s and repeated under back-offs of up to a minute;
 * what comes only with the scheduler's flush of unschedulable pods, after 5 min, comes too late: somebody was not woken up.
 */
const WITHIN = 200 * SECOND;
const STAY = 10 * SECOND;
const LOOK_EVERY = 500_000;

/** Pressure ends soon after its cause, so that runs stay short; the default of 5 min is as much a matter of taste. */
const SCENARIO = { kubelet: { evictionPressureTransitionPeriod: '10s' } };

/** A world takes some thousand steps; one that takes so many runs in circles. */
const STEPS_MAX = 200_000;

/** Names that are the same in each draw would end in a cluster that can make no second pod. */
const DISTINCT = ['*:uid', '*:generate-name', '*:token-volume'];

/** µs in which a schedule may turn events around. */
const WINDOW = 1_000;

export interface CampaignOptions {
  readonly name?: string;
  readonly kinds?: readonly WorkloadKind[];
  readonly faults?: readonly FaultKind[];
  /** The most faults of a plan; 0 for runs without any. */
  readonly mostFaults?: number;
  readonly mostActions?: number;
  readonly mostNodes?: number;
  readonly schedules?: readonly ScheduleName[];
  /** Laws of your own, besides the default ones; a function says which of them a run with these faults is held against. */
  readonly also?: readonly AnyInvariant[] | ((faults: readonly Fault[]) => readonly AnyInvariant[]);
  /** How long users and faults act, µs. Default 30 s. */
  readonly horizon?: number;
  /** What is to be different about the cluster: two schedulers, say. */
  readonly config?: Partial<ClusterConfig>;
  /** Other components, loops or plugins than upstream's, or controllers of your own. */
  readonly extensions?: ClusterExtensions;
  /** Types of actors that faults befall besides the cluster's own: `operator` for the processes of your controllers. */
  readonly processes?: readonly string[];
  /** What is there from the start: definitions of custom kinds, say. */
  readonly manifests?: readonly KubeObject[];
  /** What has not yet reached its goal, one sentence each, besides what every cluster has to reach. */
  readonly pending?: (read: Read) => readonly string[];
}

/** What a seed says about the cluster. */
interface Shape {
  readonly [field: string]: Json;
  readonly nodes: number;
  readonly apiServers: number;
  readonly controllerManagers: number;
}

/** A campaign of clusters. */
export interface KubernetesCampaign extends CampaignModel {
  /** The cluster of a plan, and what its store holds before the run begins. */
  clusterOf(plan: Plan): { readonly config: ClusterConfig; readonly backup: Backup };
  /** The same campaign with other clusters. */
  with(changes: Partial<ClusterConfig>): KubernetesCampaign;
}

/** The model. */
export function kubernetesCampaign(options: CampaignOptions = {}): KubernetesCampaign {
  const { kinds = WORKLOADS, faults = FAULT_KINDS, processes = [], mostFaults = 4, mostActions = 8, mostNodes = 3, schedules = ['time', 'uniform', 'pct3', 'urw', 'starvation'], horizon = HORIZON } = options;
  const shape: fc.Arbitrary<Shape> = fc.record({
    nodes: fc.integer({ min: 1, max: mostNodes }),
    apiServers: fc.constantFrom(1, 1, 2),
    controllerManagers: fc.constantFrom(1, 1, 1, 2),
  });
  const input = shape.chain((config) => fc.record({ config: fc.constant(config), workload: actions(kinds, { horizon, most: mostActions, nodes: config.nodes }) }));
  const stores = new Map<number, Backup>();
  const storeOf = (config: ClusterConfig): Backup => {
    const count = config.nodes as number;
    let store = stores.get(count);
    if (store === undefined) stores.set(count, (store = warmStore(config, options.manifests)));
    return store;
  };
  return {
    name: options.name ?? 'kubernetes',
    plan(seed): Plan {
      const { config, workload } = drawn(input, seed);
      const makers = faultMakers(configOf(config, options.config), { kinds: faults, processes, workload });
      const plan = swarmPlan(seed, { kinds: makers, horizon, most: mostFaults, weights: FAULT_WEIGHTS, budget: faultBudget(makers) });
      return { seed, schedule: memberOf(schedules, seed), window: WINDOW, config, workload: workload as unknown as readonly Json[], faults: plan, calm: [], distinct: DISTINCT };
    },
    network: (): Network => new StreamNetwork(new ClusterNetwork('fast')),
    build: (plan, kernelOptions) => build(plan, kernelOptions, options, storeOf),
    clusterOf: (plan) => {
      const config = configOf(plan.config, options.config);
      return { config, backup: storeOf(config) };
    },
    with: (changes) => kubernetesCampaign({ ...options, config: { ...options.config, ...changes } }),
  };
}

/** The value of an arbitrary that a seed names. */
function drawn<T>(arbitrary: fc.Arbitrary<T>, seed: string): T {
  return fc.sample(arbitrary, { seed: stream(seed, 'plan').next() | 0, numRuns: 1 })[0] as T;
}

function configOf(config: Plan['config'], changes: Partial<ClusterConfig> = {}): ClusterConfig {
  const { nodes, apiServers, controllerManagers } = config as Shape;
  return { ...DEFAULT_CONFIG, nodes, apiServers, controllerManagers, timing: 'fast', disable: ['coredns'], addons: [], scenario: SCENARIO, ...changes };
}

function build(plan: Plan, options: KernelOptions, { also = [], extensions = {}, config: changes, pending: own }: CampaignOptions, storeOf: (config: ClusterConfig) => Backup): World {
  const config = configOf(plan.config, changes);
  const backup = storeOf(config);
  const network = streamNetwork(options.network);
  const bounds = { ...options.bounds, stepsMax: Math.min(options.bounds?.stepsMax ?? Infinity, STEPS_MAX) };
  const kernel = buildCluster(config, { freeze: false, ...options, bounds }, { ...extensions, backup });
  schedule(kernel, plan.workload);
  const objects = new ObjectView(backup.values);
  const lastAction = Math.max(0, ...plan.workload.map((action) => (action as unknown as Action).at));
  const calmAt = Math.max(plan.faults.healAt ?? 0, lastAction) + AFTERMATH;
  const pending = (): readonly string[] => (kernel.now < calmAt ? ['users and faults have only just ended'] : unsettled(kernel, own));
  return {
    kernel,
    properties: clusterProperties({ network, objects, faults: plan.faults.faults, also: typeof also === 'function' ? also(plan.faults.faults) : also }),
    goal: { name: 'the cluster converges once the faults have stopped', pending, within: WITHIN, stay: STAY, every: LOOK_EVERY },
    actions: faultActions({ config, network }),
    events: clusterEvents(objects),
  };
}

/** The cluster's own network inside of what the engine wraps around it. */
function streamNetwork(network: Network | undefined): StreamNetwork {
  if (network instanceof StreamNetwork) return network;
  if (network instanceof FaultNetwork) return streamNetwork(network.inner);
  throw new Error('a campaign of the Kubernetes model runs over the network that the model made');
}
