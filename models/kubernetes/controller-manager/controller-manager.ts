/**
 * kube-controller-manager: all control loops in one process, on one shared informer factory.
 *
 * With leader election the loops start when the lease is won; when it is lost the process exits and everything in memory is gone
 * (its supervisor starts it again). Source: cmd/kube-controller-manager/app/controllermanager.go.
 */
import type { ActorSpec } from '../../../src/index.ts';
import { Client } from '../client/client.ts';
import type { LoopCounters } from '../client/control-loop.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import { LeaderElector } from '../client/leader-election.ts';
import { processBehavior, type Process } from '../client/process.ts';
import { SharedInformerFactory } from '../client/shared-informer.ts';
import { ControllerContext } from './controller-context.ts';
import { CONTROLLERS, isEnabled, type ControllerDescriptor } from './controllers.ts';
import type { ControllerManagerOptions } from './options.ts';

export type { ControllerManagerOptions } from './options.ts';

/** controller-manager/config/v1alpha1/defaults.go: MinResyncPeriod. */
const MIN_RESYNC_PERIOD = 12 * 3600 * 1_000_000;
const RESTART_DELAY = 1_000_000;
const NAME = 'kube-controller-manager';

/** What an observer can read of a running controller manager (from its process). */
export interface ControllerManagerState {
  /** Counters by loop. */
  counters(): Readonly<Record<string, LoopCounters>>;
  /** Whether no loop has anything queued, running or due. */
  readonly isIdle: () => boolean;
  readonly isLeader: boolean;
}

/** The actor of kube-controller-manager. `loops` are the control loops that it has. */
export function kubeControllerManager(options: ControllerManagerOptions, loops: readonly ControllerDescriptor[] = CONTROLLERS): ActorSpec {
  const id = options.id ?? NAME;
  return { id, type: NAME, behavior: processBehavior((process) => main(process, options, loops, id)) };
}

/** The counters and the state of a controller manager, from its actor's state (`kernel.state(id)`); undefined while it is down. */
export function controllerManagerState(state: unknown): ControllerManagerState | undefined {
  return (state as { exposed?: ControllerManagerState } | undefined)?.exposed;
}

function main(process: Process, options: ControllerManagerOptions, loops: readonly ControllerDescriptor[], id: string): void {
  const user = options.user ?? { name: 'system:kube-controller-manager', groups: ['system:authenticated'] };
  const client = new Client(process, { servers: options.servers, user, userAgent: NAME });
  if (options.leaderElect !== true) {
    process.exposed = start(process, client, options, loops);
    return;
  }
  const identity = `${id}_${process.now}`;
  const lock = client.named({ userAgent: `${NAME}/leader-election` });
  const recorder = new EventRecorder(process, lock, { component: id, epoch: options.epoch });
  const election = { namespace: 'kube-system', name: NAME, identity, epoch: options.epoch };
  const elector = new LeaderElector(process, lock, election, recorder);
  process.exposed = { counters: () => ({}), isIdle: () => true, isLeader: false } satisfies ControllerManagerState;
  process.go(elector.lead(() => (process.exposed = start(process, client, options, loops)), options.restartDelay ?? RESTART_DELAY));
}

function start(process: Process, client: Client, options: ControllerManagerOptions, loops: readonly ControllerDescriptor[]): ControllerManagerState {
  const minimum = options.minResyncPeriod ?? MIN_RESYNC_PERIOD;
  // ResyncPeriod: the minimum times a factor in [1, 2), drawn once for the shared factory.
  const defaultResync = minimum + process.choose('informer.resync', 1000) * Math.floor(minimum / 1000);
  const informers = client.named({ userAgent: `${NAME}/shared-informers`, qps: options.qps ?? 20, burst: options.burst ?? 30 });
  const factory = new SharedInformerFactory(process, informers, { defaultResync, watchList: options.watchList ?? true });
  const context = new ControllerContext(process, client, factory, options);
  for (const controller of loops) if (isEnabled(controller, options)) controller.start(context);
  factory.start();
  return {
    counters: () => context.counters(),
    isIdle: () => context.isIdle,
    isLeader: true,
  };
}
