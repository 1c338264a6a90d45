/**
 * ControllerRevisions: the templates that StatefulSets and DaemonSets have had.
 *
 * A revision's data is the patch that restores the template; equal data means equal revision. Its name holds a hash, and a name taken
 * by other data is avoided by counting collisions. Source: pkg/controller/history/controller_history.go.
 */
import type { Client } from '../../client/client.ts';
import { newControllerRef } from '../../client/controller-ref-manager.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { CONTROLLER_REVISIONS } from '../../client/resources.ts';
import { isAlreadyExists } from '../../client/result.ts';
import { inMapOrder } from '../../object/go/map-order.ts';
import { fnv32, safeEncodeString } from '../../object/hash.ts';
import type { ControllerRevision, KubeObject } from '../../object/types.ts';

export const HASH_LABEL = 'controller.kubernetes.io/hash';

/** By revision number, then age, then name. */
export function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  if (a.revision !== b.revision) return a.revision - b.revision;
  const [timeA, timeB] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (timeA !== timeB) return timeA < timeB ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;
}

export const isSameRevision = (a: ControllerRevision, b: ControllerRevision): boolean => a.data === b.data || rawText(a.data) === rawText(b.data);

/** A revision as it would be created; `labels` come from the owner's selector. */
export function newRevision(owner: KubeObject, kind: { readonly apiVersion: string; readonly kind: string }, labels: Readonly<Record<string, string>>, data: unknown, revision: number, collisionCount: number | undefined, hash?: string): ControllerRevision {
  const code = hash ?? revisionHash(data, collisionCount);
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${owner.metadata.name.slice(0, 223)}-${code}`,
      namespace: owner.metadata.namespace as string,
      labels: { ...labels, [HASH_LABEL]: code },
      ...(owner.metadata.annotations === undefined ? {} : { annotations: owner.metadata.annotations }),
      ownerReferences: [newControllerRef(owner, kind)],
    } as unknown as ControllerRevision['metadata'],
    data,
    revision,
  };
}

/** `HashControllerRevision`: FNV-1 over the data as JSON, with the collision count's digits behind it. */
export function revisionHash(data: unknown, collisionCount: number | undefined): string {
  return safeEncodeString(String(fnv32(rawText(data) + (collisionCount === undefined ? '' : String(collisionCount)))));
}

/** The bytes that Go's encoding/json makes of a map: keys in order, and what HTML would mistake escaped. */
const rawText = (data: unknown): string => JSON.stringify(sorted(data)).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.keys(fields).sort().map((key) => [key, sorted(fields[key])]));
}

/** Creates the revision, under another name for each that is taken by other data; returns it with the collision count. */
export function* createRevision(client: Client, owner: KubeObject, draft: ControllerRevision, collisionCount: number | undefined): Task<{ error: Err; revision: ControllerRevision; collisionCount: number | undefined }> {
  let count = collisionCount;
  for (;;) {
    const hash = revisionHash(draft.data, count);
    const metadata = { ...draft.metadata, name: `${owner.metadata.name.slice(0, 223)}-${hash}`, labels: { ...draft.metadata.labels, [HASH_LABEL]: hash } };
    const result = yield* client.create<ControllerRevision>(CONTROLLER_REVISIONS, owner.metadata.namespace, { ...draft, metadata, data: inMapOrder(draft.data) });
    if (result.ok) return { error: undefined, revision: result.object, collisionCount: count };
    if (!isAlreadyExists(result)) return { error: failureOf(result), revision: draft, collisionCount: count };
    const taken = yield* client.get<ControllerRevision>(CONTROLLER_REVISIONS, owner.metadata.namespace, metadata.name);
    if (!taken.ok) return { error: failureOf(taken), revision: draft, collisionCount: count };
    if (isSameRevision(taken.object, draft)) return { error: undefined, revision: taken.object, collisionCount: count };
    count = (count ?? 0) + 1;
  }
}
