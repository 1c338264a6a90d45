/**
 * A real cluster's objects as a simulation's start: what `kubectl get -o yaml` prints, or the objects of a recording.
 *
 * The store holds them as they were: names, uids, owners, statuses. Nodes get kubelets, and containers start anew, as after a power
 * failure of all machines. Events and Leases are left out: they tell of processes that are not there.
 */
import { type Either, left, right } from 'fp-ts/lib/Either.js';
import { customKind } from '../api-server/crd/custom-kind.ts';
import type { Definition } from '../api-server/crd/definition.ts';
import type { KindInfo } from '../api-server/registry/kind.ts';
import { resourceOfKind } from '../api-server/registry/kinds.ts';
import { sha256 } from '../object/hash.ts';
import { parseTime, rfc3339 } from '../object/time.ts';
import type { KubeObject } from '../object/types.ts';
import { DEFAULT_EPOCH, type Backup, type ClusterConfig } from './config.ts';

/** Kinds that are not imported. */
const LEFT_OUT: readonly string[] = ['Event', 'Lease'];
const FIRST_REVISION = 1_000;

/** What an import makes of a configuration: the nodes, the store, and a clock that goes on where the cluster's was. */
export type Imported = Pick<ClusterConfig, 'nodes' | 'restore' | 'epoch'>;

/** The start of a simulation from these objects, or which one of them has a kind that nobody knows. */
export function importCluster(objects: readonly KubeObject[]): Either<string, Imported> {
  const wanted = objects.filter(({ kind }) => !LEFT_OUT.includes(kind));
  const kindOf = kindsOf(wanted);
  const unknown = wanted.find((object) => kindOf(object) === undefined);
  if (unknown !== undefined) return left(`no matches for kind "${unknown.kind}" in version "${unknown.apiVersion}": is its CustomResourceDefinition among the objects?`);
  return right({ nodes: wanted.filter(({ kind }) => kind === 'Node'), restore: wanted, epoch: epochOf(wanted) });
}

/** A store that holds the objects. Their own resourceVersions stay where they are numbers of their own. */
export function backupOf(objects: readonly KubeObject[]): Backup {
  const kindOf = kindsOf(objects);
  const taken = new Set<number>();
  let next = objects.reduce((most, object) => Math.max(most, revisionOf(object)), FIRST_REVISION);
  const values = objects.map((object) => {
    const info = kindOf(object) as KindInfo;
    const version = info.versions.find((served) => object.apiVersion.endsWith(served.version)) ?? info.versions[0];
    const { namespace, name } = object.metadata;
    const key = `/registry/${info.keyPrefix}/${info.namespaced ? `${namespace ?? 'default'}/` : ''}${name}`;
    const revision = revisionOf(object) > 0 && !taken.has(revisionOf(object)) ? revisionOf(object) : ++next;
    taken.add(revision);
    const complete = version === undefined ? object : version.toStorage(version.defaults(withIdentity(object, info, key)));
    return { key, modRevision: revision, createRevision: revision, object: { ...complete, metadata: { ...complete.metadata, resourceVersion: String(revision) } } };
  });
  return { revision: next, values };
}

const revisionOf = ({ metadata }: KubeObject): number => {
  const revision = Number(metadata.resourceVersion ?? 0);
  return Number.isSafeInteger(revision) && revision > 1 ? revision : 0;
};

/** The kind of an object: built in, or defined by one of the objects. */
function kindsOf(objects: readonly KubeObject[]): (object: KubeObject) => KindInfo | undefined {
  const custom = objects.filter(({ kind }) => kind === 'CustomResourceDefinition').map((definition) => customKind(definition as Definition));
  return ({ apiVersion, kind }) => {
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] as string) : '';
    return resourceOfKind(group, kind) ?? custom.find((info) => info.group === group && info.kind === kind);
  };
}

/** Every stored object has a uid, a creation time and, if it is namespaced, a namespace; manifests may lack them. */
function withIdentity(object: KubeObject, info: KindInfo, key: string): KubeObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(info.namespaced ? { namespace: metadata.namespace ?? 'default' } : {}),
      uid: metadata.uid ?? uidOf(key),
      creationTimestamp: metadata.creationTimestamp ?? rfc3339(DEFAULT_EPOCH, 0),
    },
  };
}

/** A uid that depends on the key alone. */
function uidOf(key: string): string {
  const digits = [...sha256(key)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`, digits.slice(20, 32)].join('-');
}

/** Fields that tell when something was done; others (an expiry) may lie in the future. */
const PAST_TIMES: ReadonlySet<string> = new Set([
  'creationTimestamp', 'time', 'lastTransitionTime', 'lastUpdateTime', 'lastHeartbeatTime', 'startTime', 'startedAt', 'finishedAt', 'completionTime', 'lastScheduleTime', 'lastSuccessfulTime',
]);

/** The second after the newest time at which anything was done, in ms since 1970. */
function epochOf(objects: readonly KubeObject[]): number {
  let newest = 0;
  const look = (value: unknown, field: string): void => {
    if (typeof value === 'string') {
      if (PAST_TIMES.has(field)) newest = Math.max(newest, parseTime(value) ?? 0);
    } else if (Array.isArray(value)) for (const item of value) look(item, field);
    else if (typeof value === 'object' && value !== null) for (const [name, member] of Object.entries(value)) look(member, name);
  };
  look(objects, '');
  return newest === 0 ? DEFAULT_EPOCH : Math.floor(newest / 1_000_000) * 1000 + 1000;
}
