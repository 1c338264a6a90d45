/**
 * Whether an event is worth another attempt for a pod that was rejected.
 *
 * Source: pkg/scheduler/backend/queue/scheduling_queue.go (isPodWorthRequeuing), pkg/scheduler/scheduler.go
 * (buildQueueingHintMap).
 */
import {
  ADD,
  ALL_ACTIONS,
  type ClusterEvent,
  covers,
  type EventRegistration,
  isWildcard,
  UPDATE_NODE_TAINT,
} from '../framework/event.ts';
import type { Profile } from '../framework/profile.ts';
import type { Plugin } from '../framework/plugin.ts';
import type { Occurrence } from './in-flight.ts';
import type { QueuedPod } from './queued-pod.ts';

/** `skip`: stay; `after-backoff`: try again when the backoff is over; `immediately`: try again at once. */
export type Strategy = 'skip' | 'after-backoff' | 'immediately';

type Registrations = ReadonlyMap<string, readonly EventRegistration[]>;

/** A plugin that names no events is woken by every one. */
const EVERYTHING: readonly EventRegistration[] = [{ resource: '*', action: ALL_ACTIONS }];

/**
 * A plugin that waits for new nodes also hears of taint changes: a node may be added while it is tainted, and the
 * plugin
 * never sees tainted nodes that an earlier filter refused.
 */
const withTaintChanges = (registrations: readonly EventRegistration[]): readonly EventRegistration[] => {
  const nodes = registrations.filter(({ resource }) => resource === 'Node');
  const hasAdd = nodes.some(({ action }) => (action & ADD) !== 0);
  const hasTaint = nodes.some(({ action }) => (action & UPDATE_NODE_TAINT) !== 0);
  return hasAdd && !hasTaint ? [...registrations, { resource: 'Node', action: UPDATE_NODE_TAINT }] : registrations;
};

const allPlugins = (profile: Profile): Plugin[] => {
  const plugins = new Map<string, Plugin>();
  const points = [
    profile.preEnqueue,
    profile.preFilter,
    profile.filter,
    profile.reserve,
    profile.permit,
    profile.preBind,
  ];
  for (const point of points) for (const plugin of point) plugins.set(plugin.name, plugin);
  return [...plugins.values()];
};

/** The event registrations of a profile's plugins. */
export const registrationsOf = (profile: Profile): Registrations =>
  new Map(allPlugins(profile).map((plugin) => [plugin.name, withTaintChanges(plugin.events?.() ?? EVERYTHING)]));

const wantsRetry = (
  registrations: readonly EventRegistration[],
  pod: QueuedPod,
  { event, old, current }: Occurrence,
): boolean =>
  registrations.some(
    (registration) =>
      covers(registration, event) &&
      (registration.hint === undefined || registration.hint(pod.info.pod, old, current) === 'queue'),
  );

/** What to do with a rejected pod when something happened. */
export const strategyFor = (
  registrations: Registrations | undefined,
  pod: QueuedPod,
  occurrence: Occurrence,
): Strategy => {
  const { unschedulablePlugins, pendingPlugins } = pod;
  if (unschedulablePlugins.size === 0 && pendingPlugins.size === 0) return 'after-backoff';
  const event: ClusterEvent = occurrence.event;
  if (isWildcard(event)) return 'after-backoff';
  if (registrations === undefined) return 'skip';
  for (const plugin of pendingPlugins) {
    if (wantsRetry(registrations.get(plugin) ?? EVERYTHING, pod, occurrence)) return 'immediately';
  }
  for (const plugin of unschedulablePlugins) {
    if (wantsRetry(registrations.get(plugin) ?? EVERYTHING, pod, occurrence)) return 'after-backoff';
  }
  return 'skip';
};
