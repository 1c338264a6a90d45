/**
 * kube-scheduler: the process that gives pods their nodes.
 *
 * Everything it knows is in memory and rebuilt from the API server after a restart: nominations from pods' statuses,
 * attempts from zero. Source: pkg/scheduler/scheduler.go, cmd/kube-scheduler/app/server.go.
 */
import type { ActorSpec } from '../../../src/index.ts';
import { Client } from '../client/client.ts';
import { EventRecorder } from '../client/event-recorder.ts';
import { EventSeriesRecorder } from '../client/event-series-recorder.ts';
import { LeaderElector } from '../client/leader-election.ts';
import { processBehavior, type Process, type Task } from '../client/process.ts';
import { SharedInformerFactory } from '../client/shared-informer.ts';
import { Cache } from './cache/cache.ts';
import {
  DEFAULT_INITIAL_BACKOFF_SECONDS,
  DEFAULT_MAX_BACKOFF_SECONDS,
  type SchedulerConfiguration,
} from './config/configuration.ts';
import { profilesOf } from './config/profiles.ts';
import { inTreeRegistry, type Registry } from './config/registry.ts';
import { addAllEventHandlers } from './event-handlers.ts';
import type { Profile } from './framework/profile.ts';
import { informerListers, informersOf } from './informer-listers.ts';
import { COMPONENT, DEFAULT_BURST, DEFAULT_QPS, type SchedulerOptions } from './options.ts';
import { FlushTimers } from './queue/flush-timers.ts';
import { SchedulingQueue } from './queue/scheduling-queue.ts';
import { ScheduleOne, type SchedulerCounters } from './schedule-one.ts';
import { WaitingPods } from './waiting-pods.ts';

export type { SchedulerOptions } from './options.ts';

const SECOND = 1_000_000;
const RESTART_DELAY = SECOND;

/** What an observer can read of a running scheduler. */
export interface SchedulerState {
  readonly counters: SchedulerCounters;
  readonly queue: SchedulingQueue;
  readonly cache: Cache;
}

/** The actor of kube-scheduler. A configuration that is not valid is a programmer's error and throws here. */
export function kubeScheduler(options: SchedulerOptions): ActorSpec {
  const id = options.id ?? COMPONENT;
  const configuration = options.configuration ?? {};
  loadProfiles(configuration, options);
  return { id, type: COMPONENT, behavior: processBehavior((process) => main(process, options, configuration, id)) };
}

/** The state of a scheduler from its actor's state (`kernel.state(id)`); undefined while it is down. */
export function schedulerState(state: unknown): SchedulerState | undefined {
  return (state as { exposed?: SchedulerState } | undefined)?.exposed;
}

/** Plugins keep state, so every start of the process makes its own. */
function loadProfiles(configuration: SchedulerConfiguration, options: SchedulerOptions): ReadonlyMap<string, Profile> {
  const registry: Registry = new Map([...inTreeRegistry(), ...Object.entries(options.plugins ?? {})]);
  const profiles = profilesOf(configuration, registry);
  if (profiles._tag === 'Left') throw new Error(`invalid scheduler configuration: ${profiles.left}`);
  return profiles.right;
}

function main(process: Process, options: SchedulerOptions, configuration: SchedulerConfiguration, id: string): void {
  const user = options.user ?? { name: 'system:kube-scheduler', groups: ['system:authenticated'] };
  const qps = configuration.clientConnection?.qps ?? DEFAULT_QPS;
  const burst = configuration.clientConnection?.burst ?? DEFAULT_BURST;
  const client = new Client(process, { servers: options.servers, user, userAgent: COMPONENT, qps, burst });
  if ((options.leaderElect ?? configuration.leaderElection?.leaderElect) !== true) {
    start(process, client, options, configuration, id);
    return;
  }
  const lock = client.named({ userAgent: `${COMPONENT}/leader-election` });
  const recorder = new EventRecorder(process, lock, { component: id, epoch: options.epoch });
  const identity = `${options.host ?? id}_${process.now}`;
  const elector = new LeaderElector(
    process,
    lock,
    { namespace: 'kube-system', name: configuration.leaderElection?.resourceName ?? COMPONENT, identity, epoch: options.epoch },
    recorder,
  );
  process.go(elector.lead(() => start(process, client, options, configuration, id), options.restartDelay ?? RESTART_DELAY));
}

function start(
  process: Process,
  client: Client,
  options: SchedulerOptions,
  configuration: SchedulerConfiguration,
  id: string,
): void {
  const { epoch } = options;
  const profiles = loadProfiles(configuration, options);
  const factory = new SharedInformerFactory(process, client);
  const informers = informersOf(factory);
  const cache = new Cache();
  const waiting = new WaitingPods(process);
  const events = client.named({ userAgent: `${COMPONENT}/events` });
  const host = options.host ?? id;
  const recorders = new Map(
    [...profiles.keys()].map((controller) => [
      controller,
      new EventSeriesRecorder(process, events, { controller, instance: `${controller}-${host}`, epoch }),
    ]),
  );
  const queue = new SchedulingQueue({
    now: () => process.now,
    profiles,
    initialBackoff: (configuration.podInitialBackoffSeconds ?? DEFAULT_INITIAL_BACKOFF_SECONDS) * SECOND,
    maxBackoff: (configuration.podMaxBackoffSeconds ?? DEFAULT_MAX_BACKOFF_SECONDS) * SECOND,
    onActive: () => loop.poke(),
  });
  const timers = new FlushTimers(process, queue);
  const loop = new ScheduleOne({
    process,
    client,
    queue,
    cache,
    listers: informerListers(informers),
    profiles,
    recorders,
    waiting,
    podOf: (namespace, name) => informers.pods.lister.get(namespace, name),
    onQueued: () => timers.arm(),
    epoch,
    explain: options.explain === true,
    decisionTime: options.decisionTime ?? 0,
  });
  addAllEventHandlers(
    {
      queue,
      cache,
      isResponsible: (pod) => profiles.has(pod.spec.schedulerName ?? ''),
      rejectWaiting: (pod) => waiting.reject(pod.metadata.uid, '', 'removed'),
      onChange: () => timers.arm(),
    },
    informers,
  );
  process.exposed = { counters: loop.counters, queue, cache } satisfies SchedulerState;
  factory.start();
  process.go(runWhenSynced(factory, loop));
}

function* runWhenSynced(factory: SharedInformerFactory, loop: ScheduleOne): Task {
  yield* factory.waitForCacheSync();
  yield* loop.run();
}
