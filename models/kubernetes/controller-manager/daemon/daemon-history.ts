/**
 * The revisions of a DaemonSet's template: the current one, made when it is missing, and the old ones, cleaned up.
 *
 * Source: pkg/controller/daemon/update.go (constructHistory, snapshot, cleanupHistory).
 */
import type { Client } from '../../client/client.ts';
import { newControllerRef } from '../../client/controller-ref-manager.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { CONTROLLER_REVISIONS, DAEMON_SETS, PODS } from '../../client/resources.ts';
import { isAlreadyExists, isNotFound } from '../../client/result.ts';
import { inMapOrder } from '../../object/go/map-order.ts';
import { templateHash } from '../../object/template-hash.ts';
import type { ControllerRevision, DaemonSet, Pod } from '../../object/types.ts';
import { byRevision, isSameRevision } from '../history/controller-history.ts';
import { HASH_LABEL, type DaemonSync } from './daemon-sync.ts';
import { DAEMON_SET_KIND } from './manage-daemons.ts';

export interface DaemonHistory {
  readonly current: ControllerRevision;
  readonly old: readonly ControllerRevision[];
}

/** Finds or makes the current revision among those that the DaemonSet controls. */
export function* constructHistory(client: Client, daemonSet: DaemonSet, revisions: readonly ControllerRevision[], pods: readonly Pod[]): Task<{ readonly error: NonNullable<Err> } | { readonly error: undefined; readonly value: DaemonHistory }> {
  const data = templatePatch(daemonSet.spec.template);
  const draft = { data } as ControllerRevision;
  const same = revisions.filter((revision) => isSameRevision(revision, draft)).sort(byRevision);
  const old = revisions.filter((revision) => !isSameRevision(revision, draft)).sort(byRevision);
  const number = old.reduce((most, { revision }) => Math.max(most, revision), 0) + 1;
  const kept = same.at(-1);
  if (kept === undefined) {
    const made = yield* snapshot(client, daemonSet, data, number);
    return 'error' in made ? { error: made.error } : { error: undefined, value: { current: made.revision, old } };
  }
  for (const duplicate of same.slice(0, -1)) {
    const error = yield* replaceDuplicate(client, duplicate, kept, pods);
    if (error !== undefined) return { error };
  }
  if (kept.revision >= number) return { error: undefined, value: { current: kept, old } };
  const raised = yield* client.update<ControllerRevision>(CONTROLLER_REVISIONS, { ...kept, revision: number });
  return raised.ok ? { error: undefined, value: { current: raised.object, old } } : { error: failureOf(raised) as NonNullable<Err> };
}

/** The patch that restores a template (`getPatch`). */
export function templatePatch(template: unknown): unknown {
  return { spec: { template: { ...(template as object), $patch: 'replace' } } };
}

function* snapshot(client: Client, daemonSet: DaemonSet, data: unknown, revision: number): Task<{ error: NonNullable<Err> } | { revision: ControllerRevision }> {
  const { namespace, name, annotations } = daemonSet.metadata;
  const hash = templateHash(daemonSet.spec.template, daemonSet.status?.collisionCount);
  const body = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...daemonSet.spec.template.metadata?.labels, [HASH_LABEL]: hash },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [newControllerRef(daemonSet, DAEMON_SET_KIND)],
    },
    data: inMapOrder(data),
    revision,
  };
  const result = yield* client.create<ControllerRevision>(CONTROLLER_REVISIONS, namespace, body);
  if (result.ok) return { revision: result.object };
  const error = failureOf(result) as NonNullable<Err>;
  if (!isAlreadyExists(result)) return { error };
  const taken = yield* client.get<ControllerRevision>(CONTROLLER_REVISIONS, namespace, body.metadata.name);
  if (!taken.ok) return { error: failureOf(taken) as NonNullable<Err> };
  if (isSameRevision(taken.object, { data } as ControllerRevision)) return { revision: taken.object };
  const live = yield* client.get<DaemonSet>(DAEMON_SETS, namespace, name);
  if (!live.ok) return { error: failureOf(live) as NonNullable<Err> };
  if (live.object.status?.collisionCount === daemonSet.status?.collisionCount) {
    const collisionCount = (live.object.status?.collisionCount ?? 0) + 1;
    yield* client.updateStatus<DaemonSet>(DAEMON_SETS, { ...live.object, status: { ...live.object.status, collisionCount } });
  }
  return { error };
}

/** Of two equal revisions the newer number stays; pods of the other are relabelled first. */
function* replaceDuplicate(client: Client, duplicate: ControllerRevision, kept: ControllerRevision, pods: readonly Pod[]): Task<Err> {
  const hash = kept.metadata.labels?.[HASH_LABEL];
  for (const pod of pods) {
    if (pod.metadata.labels?.[HASH_LABEL] !== duplicate.metadata.labels?.[HASH_LABEL] || pod.metadata.labels?.[HASH_LABEL] === hash) continue;
    const body = { metadata: { labels: { [HASH_LABEL]: hash } } };
    const patched = yield* client.patch(PODS, pod.metadata.namespace, pod.metadata.name, 'application/strategic-merge-patch+json', body);
    if (!patched.ok) return failureOf(patched);
  }
  return yield* deleteRevision(client, duplicate);
}

function* deleteRevision(client: Client, { metadata }: ControllerRevision): Task<Err> {
  const result = yield* client.delete(CONTROLLER_REVISIONS, metadata.namespace, metadata.name);
  return isNotFound(result) ? undefined : failureOf(result);
}

/** Deletes the oldest revisions beyond the limit that no pod uses. */
export function* cleanupHistory({ client, daemonSet, podsByNode }: DaemonSync, old: readonly ControllerRevision[]): Task<Err> {
  let excess = old.length - (daemonSet.spec.revisionHistoryLimit ?? 10);
  if (excess <= 0) return undefined;
  const live = new Set<string | undefined>();
  for (const pods of podsByNode.values()) for (const { metadata } of pods) live.add(metadata.labels?.[HASH_LABEL]);
  for (const revision of old) {
    if (excess <= 0) return undefined;
    if (live.has(revision.metadata.labels?.[HASH_LABEL])) continue;
    const error = yield* deleteRevision(client, revision);
    if (error !== undefined) return error;
    excess -= 1;
  }
  return undefined;
}
