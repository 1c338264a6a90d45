/**
 * What happens in a cluster, by names that triggers can use: `pod.bound`, `node.ready`, `deployment.available`.
 *
 * Every kind has `created`, `updated` and `deleted`; some have moments of their own. The data of an event is what tells objects apart:
 * namespace, name, labels, and the node of a pod. Made from the facts of etcd, so a trigger fires at the record that wrote the object.
 */
import type { Fact, Json } from '../../../src/index.ts';
import type { ModelEvents } from '../../../src/fault/injector.ts';
import type { KubeObject } from '../object/types.ts';
import { ObjectView, type Change } from '../property/object-view.ts';

/** Moments by kind: what holds from then on, and did not hold before. */
const MOMENTS: Readonly<Record<string, Readonly<Record<string, (object: KubeObject) => boolean>>>> = {
  Pod: {
    bound: ({ spec }) => Boolean(spec?.nodeName),
    running: ({ status }) => status?.phase === 'Running',
    ready: (object) => hasCondition(object, 'Ready'),
    finished: ({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed',
    terminating: ({ metadata }) => metadata.deletionTimestamp !== undefined,
  },
  Node: { ready: (object) => hasCondition(object, 'Ready'), cordoned: ({ spec }) => spec?.unschedulable === true },
  Deployment: {
    available: ({ spec, status, metadata }) => (status?.availableReplicas ?? 0) === (spec?.replicas ?? 1) && (status?.updatedReplicas ?? 0) === (spec?.replicas ?? 1) && status?.observedGeneration === metadata.generation,
  },
  Job: { complete: (object) => hasCondition(object, 'Complete'), failed: (object) => hasCondition(object, 'Failed') },
};

function hasCondition({ status }: KubeObject, type: string): boolean {
  return ((status?.conditions ?? []) as readonly { type: string; status: string }[]).some((condition) => condition.type === type && condition.status === 'True');
}

/** Does a trigger's event exist? Kinds that clusters define themselves have the three events that all have. */
export function isEventName(name: string): boolean {
  const [kind = '', moment = ''] = name.split('.');
  const own = Object.entries(MOMENTS).find(([known]) => known.toLowerCase() === kind)?.[1] ?? {};
  return /^[a-z]+$/.test(kind) && (['created', 'updated', 'deleted'].includes(moment) || moment in own);
}

/** The events of one run. */
export function clusterEvents(objects = new ObjectView()): ModelEvents {
  return (fact) => {
    const change = objects.take(fact);
    return change === undefined ? [] : eventsOf(change);
  };
}

function eventsOf({ object, previous, isDelete }: Change): readonly Fact[] {
  const kind = object.kind.toLowerCase();
  const { name, namespace, labels } = object.metadata;
  const node = (object['spec'] as { nodeName?: string } | undefined)?.nodeName;
  const data: Json = { name, ...(namespace === undefined ? {} : { namespace }), ...(labels === undefined ? {} : { labels: { ...labels } }), ...(node === undefined ? {} : { node }) };
  const event = (moment: string): Fact => ({ kind: `${kind}.${moment}`, data });
  if (isDelete) return [event('deleted')];
  const moments = Object.entries(MOMENTS[object.kind] ?? {}).filter(([, holds]) => holds(object) && (previous === undefined || !holds(previous)));
  return [event(previous === undefined ? 'created' : 'updated'), ...moments.map(([moment]) => event(moment))];
}
