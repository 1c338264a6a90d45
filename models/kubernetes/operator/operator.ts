/**
 * The process in which users' controllers run: one cache for all of them, and a lease where there are several replicas.
 *
 * When the lease is lost the process exits and everything in memory is gone, as controller-runtime's manager does. Source:
 * sigs.k8s.io/controller-runtime/pkg/manager/internal.go.
 */
import type { ActorSpec } from '../../../src/index.ts';
import { serviceAccountUser } from '../api/service-account.ts';
import { Client } from '../client/client.ts';
import { countersOf, type ControlLoop, type LoopCounters } from '../client/control-loop.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import { LeaderElector } from '../client/leader-election.ts';
import { processBehavior, type Process } from '../client/process.ts';
import { SharedInformerFactory } from '../client/shared-informer.ts';
import type { Manager } from './controller.ts';
import { startController } from './reconcile-loop.ts';

/** Controller-runtime's defaults: cache.Options.SyncPeriod, rest.Config of ctrl.GetConfig. */
const SYNC_PERIOD = 10 * 3600 * 1_000_000;
const QPS = 20;
const BURST = 30;
/** How long a supervisor takes to start the process again after it has lost the lease. */
const RESTART_DELAY = 1_000_000;

export interface OperatorOptions {
  readonly servers: readonly string[];
  /** The cluster's epoch, ms. */
  readonly epoch: number;
}

/** What an observer can read of a running manager. */
export interface OperatorState {
  counters(): Readonly<Record<string, LoopCounters>>;
  /** Whether no controller has anything queued, running or due. */
  readonly isIdle: () => boolean;
  readonly isLeader: boolean;
}

/** The actors' ids of a manager. */
export const operatorIds = ({ name, replicas = 1 }: Manager): readonly string[] => Array.from({ length: replicas }, (_, at) => (at === 0 ? name : `${name}-${at + 1}`));

/** The actors of a manager: one for each replica. */
export function operatorActors(manager: Manager, options: OperatorOptions): ActorSpec[] {
  return operatorIds(manager).map((id) => ({ id, type: 'operator', behavior: processBehavior((process) => main(process, manager, id, options)) }));
}

/** The state of a replica, from its actor's state; undefined while it is down. */
export const operatorState = (state: unknown): OperatorState | undefined => (state as { exposed?: OperatorState } | undefined)?.exposed;

function main(process: Process, manager: Manager, id: string, options: OperatorOptions): void {
  const { name, namespace = 'default', leaderElection = false } = manager;
  const client = new Client(process, { servers: options.servers, user: serviceAccountUser(namespace, name), userAgent: name });
  if (!leaderElection) {
    process.exposed = start(process, client, manager, options);
    return;
  }
  process.exposed = { counters: () => ({}), isIdle: () => true, isLeader: false } satisfies OperatorState;
  const lock = client.named({ userAgent: `${name}/leader-election` });
  const recorder = new EventRecorder(process, lock, { component: id, epoch: options.epoch });
  const elector = new LeaderElector(process, lock, { namespace, name, identity: `${id}_${process.now}`, epoch: options.epoch }, recorder);
  process.go(elector.lead(() => (process.exposed = start(process, client, manager, options)), RESTART_DELAY));
}

function start(process: Process, client: Client, { controllers, qps = QPS, burst = BURST }: Manager, { epoch }: OperatorOptions): OperatorState {
  const factory = new SharedInformerFactory(process, client.named({}), { defaultResync: SYNC_PERIOD });
  const loops: ControlLoop[] = controllers.map((definition) => {
    const own = client.named({ qps, burst, userAgent: definition.name });
    const recorder = new EventRecorder(process, own.named({ qps, burst }), { component: definition.name, epoch });
    return startController(definition, { process, client: own, factory, recorder, epoch });
  });
  factory.start();
  return {
    counters: () => countersOf(loops),
    isIdle: () => loops.every(({ queue }) => queue.isIdle),
    isLeader: true,
  };
}
