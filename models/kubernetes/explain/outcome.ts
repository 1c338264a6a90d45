/**
 * How the outcomes of two runs differ, in sentences: objects that only one has, objects that differ, pods that are ready, warnings.
 *
 * What is another in every run and means nothing (uids, revisions, times) is not compared. Pods with generated names are matched by
 * what owns them, so that another name alone is no difference.
 */
import type { Json } from '../../../src/index.ts';
import { difference } from '../../../src/replay/compare.ts';
import { shownValue } from '../../../src/cli/shown.ts';
import { isConditionTrue } from '../object/meta.ts';
import type { KubeObject, Pod } from '../object/types.ts';
import { sayKey, type StoreView } from './store-view.ts';

/** At most so many objects of each list are named. */
const NAMED_MAX = 8;

/** Kinds that come and go by themselves and say nothing about an outcome. */
const QUIET = ['/registry/events/', '/registry/leases/', '/registry/masterleases/', '/registry/ranges/'];

/** One sentence a line; empty when nothing that matters differs. */
export function outcomeDifferences(left: StoreView, right: StoreView): string[] {
  const [a, b] = [named(left), named(right)];
  const onlyLeft = [...a.keys()].filter((name) => !b.has(name));
  const onlyRight = [...b.keys()].filter((name) => !a.has(name));
  const changed = [...a].flatMap(([name, object]) => {
    const other = b.get(name);
    const found = other === undefined ? undefined : difference(meaningful(object), meaningful(other));
    return found === undefined ? [] : [`${name} differs at ${found.pointer}: ${shownValue(found.expected, 60)} and ${shownValue(found.actual, 60)}`];
  });
  return [
    ...some('only in the left', onlyLeft),
    ...some('only in the right', onlyRight),
    ...changed.slice(0, NAMED_MAX),
    ...(changed.length > NAMED_MAX ? [`${changed.length - NAMED_MAX} more objects differ`] : []),
    ...counts('pods that are Ready', readyPods(left), readyPods(right)),
    ...warnings(left, right),
  ];
}

const some = (what: string, names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`${what}: ${names.slice(0, NAMED_MAX).join(', ')}${names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : ''}`];

const counts = (what: string, x: number, y: number): string[] => (x === y ? [] : [`${what}: ${x} and ${y}`]);

/** Objects by a name that is the same in every run. */
function named(view: StoreView): ReadonlyMap<string, KubeObject> {
  const names = new Map<string, KubeObject>();
  const numbers = new Map<string, number>();
  for (const key of [...view.objects.keys()].sort()) {
    if (QUIET.some((prefix) => key.startsWith(prefix))) continue;
    const { object } = view.objects.get(key) as { readonly object: KubeObject };
    const { generateName, namespace, ownerReferences } = object.metadata;
    if (generateName === undefined) {
      names.set(sayKey(key), object);
      continue;
    }
    const owner = ownerReferences?.find((reference) => reference.controller === true);
    const place = namespace === undefined ? '' : `${namespace}/`;
    const group = owner === undefined ? `${object.kind} ${place}${generateName}*` : `${object.kind} of ${owner.kind} ${place}${owner.name}`;
    const number = (numbers.get(group) ?? 0) + 1;
    numbers.set(group, number);
    names.set(`${group} (${number})`, object);
  }
  return names;
}

/** An object without what differs from run to run. */
function meaningful(object: KubeObject): Json {
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, managedFields: _fields, generateName: _generated, name: _name, ownerReferences: _owners, ...metadata } = object.metadata;
  return timeless({ ...object, metadata } as unknown as Json);
}

/** Members that are times, addresses or ids are left out, wherever they are. */
const FLEETING = /(Time|Timestamp|heartbeatTime|[cC]ontainerID|imageID|podIPs?|hostIPs?|clusterIPs?|nodeName|uid|resourceVersion|startedAt|finishedAt|hostname|trigger-time)$/;

/** What name generation appends to a prefix that ends in a dash: five characters of its alphabet. */
const GENERATED = /-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;

function timeless(value: Json): Json {
  if (typeof value === 'string') return value.replaceAll(GENERATED, '-*');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(timeless);
  return Object.fromEntries(Object.entries(value as { readonly [key: string]: Json }).flatMap(([key, member]) => (FLEETING.test(key) ? [] : [[key, timeless(member)]])));
}

function readyPods({ objects }: StoreView): number {
  let ready = 0;
  for (const [key, { object }] of objects) if (key.startsWith('/registry/pods/') && isConditionTrue((object as Pod).status.conditions, 'Ready')) ready++;
  return ready;
}

/** Warning events by reason, where the numbers differ. */
function warnings(left: StoreView, right: StoreView): string[] {
  const [x, y] = [reasons(left), reasons(right)];
  return [...new Set([...x.keys(), ...y.keys()])].sort().flatMap((reason) => counts(`warnings "${reason}"`, x.get(reason) ?? 0, y.get(reason) ?? 0));
}

function reasons({ objects }: StoreView): Map<string, number> {
  const found = new Map<string, number>();
  for (const [key, { object }] of objects) {
    if (!key.startsWith('/registry/events/') || object['type'] !== 'Warning') continue;
    const reason = String(object['reason'] ?? '');
    const times = Number(object['count'] ?? (object['series'] as { count?: number } | undefined)?.count ?? 1);
    found.set(reason, (found.get(reason) ?? 0) + times);
  }
  return found;
}
