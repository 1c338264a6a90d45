/**
 * A small API server for the tests of the client machinery: one actor that stores objects and serves watches.
 *
 * It knows versions, conflicts, watches from a version, bookmarks with initial events and expiry, and nothing else: no
 * validation, no defaults, patches merge objects. Tests of controllers run against the real simulated server.
 */
import type { Behavior, Context, Message } from '../../../../src/index.ts';
import type { ApiClose, ApiRequest, WatchEvent } from '../../api/message.ts';
import type { KubeObject } from '../../object/types.ts';

interface Change {
  readonly version: number;
  readonly resource: string;
  readonly event: WatchEvent;
}

interface Watch {
  readonly to: string;
  readonly id: number;
  readonly resource: string;
}

export interface FakeState {
  version: number;
  /** Versions up to this one are forgotten. */
  compacted: number;
  readonly objects: Map<string, Map<string, KubeObject>>;
  readonly changes: Change[];
  watches: Watch[];
  /** Does not know yet whether its state is the latest: initial events do not end. */
  isBehind: boolean;
  /** Requests by `verb resource`. */
  readonly requests: string[];
}

/** Tells the fake to do something: `compact` forgets history, `drop` ends all watches, `behind` and `caught-up` are about {@link FakeState.isBehind}. */
export interface FakeControl {
  readonly kind: 'fake.compact' | 'fake.drop' | 'fake.behind' | 'fake.caught-up';
}

type Received = ApiRequest | ApiClose | FakeControl;

export function fakeApiServer(): Behavior<FakeState, Received> {
  return {
    start: () => ({ version: 0, compacted: 0, objects: new Map(), changes: [], watches: [], isBehind: false, requests: [] }),
    step(state, message, context) {
      if (message.kind === 'fake.compact') state.compacted = state.version;
      else if (message.kind === 'fake.drop') drop(state, context);
      else if (message.kind === 'fake.behind' || message.kind === 'fake.caught-up') state.isBehind = message.kind === 'fake.behind';
      else if (message.kind === 'api.close') state.watches = state.watches.filter((watch) => watch.id !== message.id || watch.to !== context.from);
      else request(state, message as ApiRequest, context, context.from ?? '');
    },
  };
}

function drop(state: FakeState, context: Context): void {
  for (const watch of state.watches) context.send(watch.to, { kind: 'api.close', id: watch.id } as ApiClose);
  state.watches = [];
}

function request(state: FakeState, message: ApiRequest, context: Context, to: string): void {
  state.requests.push(`${message.verb} ${message.resource}`);
  if (message.verb === 'watch') return watch(state, message, context, to);
  const { code, body } = answer(state, message, context);
  context.send(to, { kind: 'api.response', id: message.id, code, body } as Message);
}

function watch(state: FakeState, message: ApiRequest, context: Context, to: string): void {
  const { id, resource, query = {} } = message;
  const from = Number(query['resourceVersion'] || state.version);
  if (from < state.compacted) {
    const gone = refusal(410, 'Expired', 'too old resource version');
    context.send(to, { kind: 'api.watch', id, events: [{ type: 'ERROR', object: gone }] } as Message);
    return;
  }
  let events: WatchEvent[] = state.changes.filter((change) => change.resource === resource && change.version > from).map(({ event }) => event);
  if (query['sendInitialEvents'] === 'true') {
    events = [...collection(state, resource).values()].map((object) => ({ type: 'ADDED', object }));
    const metadata = { resourceVersion: String(state.version), annotations: { 'k8s.io/initial-events-end': 'true' } };
    if (!state.isBehind) events.push({ type: 'BOOKMARK', object: { metadata } as unknown as KubeObject });
  }
  state.watches.push({ to, id, resource });
  context.send(to, { kind: 'api.watch', id, events } as Message);
}

function collection(state: FakeState, resource: string): Map<string, KubeObject> {
  const known = state.objects.get(resource);
  if (known !== undefined) return known;
  const made = new Map<string, KubeObject>();
  state.objects.set(resource, made);
  return made;
}

function answer(state: FakeState, message: ApiRequest, context: Context): { code: number; body: unknown } {
  const { verb, resource, namespace, name = '' } = message;
  const objects = collection(state, resource);
  if (verb === 'list') {
    return { code: 200, body: { kind: 'List', apiVersion: 'v1', metadata: { resourceVersion: String(state.version) }, items: [...objects.values()] } };
  }
  const body = message.body as KubeObject;
  if (verb === 'create') {
    const made = body.metadata.name ?? `${body.metadata.generateName ?? ''}${state.version + 1}`;
    const metadata = { ...body.metadata, name: made, ...(namespace ? { namespace } : {}), uid: `uid-${state.version + 1}`, creationTimestamp: '2026-01-01T00:00:00Z' };
    if (objects.has(keyOf(namespace, made))) return { code: 409, body: refusal(409, 'AlreadyExists', 'already exists') };
    return { code: 201, body: put(state, resource, { ...body, metadata }, 'ADDED', context) };
  }
  const old = objects.get(keyOf(namespace, name));
  if (old === undefined) return { code: 404, body: refusal(404, 'NotFound', `${resource} "${name}" not found`) };
  if (verb === 'get') return { code: 200, body: old };
  if (verb === 'delete') return { code: 200, body: put(state, resource, old, 'DELETED', context) };
  if (verb === 'update' && body.metadata.resourceVersion && body.metadata.resourceVersion !== old.metadata.resourceVersion) {
    return { code: 409, body: refusal(409, 'Conflict', 'the object has been modified') };
  }
  const merged = verb === 'patch' ? merge(old, body) : { ...old, ...body };
  return { code: 200, body: put(state, resource, merged as KubeObject, 'MODIFIED', context) };
}

function merge(old: unknown, patch: unknown): unknown {
  if (typeof old !== 'object' || typeof patch !== 'object' || old === null || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = { ...old };
  for (const [field, value] of Object.entries(patch)) merged[field] = merge(merged[field], value);
  return merged;
}

function put(state: FakeState, resource: string, object: KubeObject, type: WatchEvent['type'], context: Context): KubeObject {
  state.version += 1;
  const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(state.version) } };
  const key = keyOf(stored.metadata.namespace, stored.metadata.name);
  if (type === 'DELETED') collection(state, resource).delete(key);
  else collection(state, resource).set(key, stored);
  const event: WatchEvent = { type, object: stored };
  state.changes.push({ version: state.version, resource, event });
  for (const open of state.watches) {
    if (open.resource === resource) context.send(open.to, { kind: 'api.watch', id: open.id, events: [event] } as Message);
  }
  return stored;
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function refusal(code: number, reason: string, message: string): KubeObject {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message, code } as unknown as KubeObject;
}
