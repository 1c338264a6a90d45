/**
 * The client of a reconcile: reads come from the cache of the manager, writes go to the API server, and what fails is thrown.
 *
 * The cache is filled by watches and lags: a read may not show one's own last write. That is controller-runtime's contract, and where many operators
 * go wrong; `live` reads ask the server. Source: sigs.k8s.io/controller-runtime/pkg/client.
 */
import type { PatchType, Query } from '../api/message.ts';
import type { Client } from '../client/client.ts';
import type { Process, Task } from '../client/process.ts';
import type { Result } from '../client/result.ts';
import { waitForCacheSync, type SharedInformer, type SharedInformerFactory } from '../client/shared-informer.ts';
import { selectorOf, type LabelSelector } from '../object/selector.ts';
import type { KubeObject } from '../object/types.ts';
import { ApiError } from './api-error.ts';
import type { Request } from './controller.ts';
import type { Kind } from './kind.ts';

/** Which objects a list returns; of all namespaces by default. */
export interface ListOptions {
  readonly namespace?: string;
  readonly selector?: LabelSelector;
}

export interface DeleteOptions {
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** An object to be created: `uid` and the like are the server's. */
export type Draft = { readonly apiVersion: string; readonly kind: string; readonly metadata: Partial<KubeObject['metadata']> } & Readonly<Record<string, unknown>>;

export class ReconcileClient {
  private readonly process: Process;
  private readonly client: Client;
  private readonly factory: SharedInformerFactory;

  constructor(process: Process, client: Client, factory: SharedInformerFactory) {
    this.process = process;
    this.client = client;
    this.factory = factory;
  }

  /** The object from the cache; undefined when the cache does not have it. The first read of a kind starts a watch and waits for it. */
  *get<T extends KubeObject>(kind: Kind<T>, { namespace, name }: Request): Task<T | undefined> {
    return (yield* this.informer(kind)).lister.get(kind.namespaced ? namespace : undefined, name);
  }

  /** Objects from the cache, in the order in which it came to know them. */
  *list<T extends KubeObject>(kind: Kind<T>, { namespace, selector }: ListOptions = {}): Task<T[]> {
    return (yield* this.informer(kind)).lister.list(namespace, selector === undefined ? undefined : selectorOf(selector));
  }

  /** What the cache has at this moment, for mapping functions, which cannot wait. Empty for a kind that nobody watches yet. */
  cached<T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}): T[] {
    return this.factory.informer<T>(kind.resource).lister.list(options.namespace, options.selector === undefined ? undefined : selectorOf(options.selector));
  }

  /** The object as the API server has it now (`mgr.GetAPIReader()`); undefined when there is none. */
  *live<T extends KubeObject>(kind: Kind<T>, { namespace, name }: Request): Task<T | undefined> {
    const result = yield* this.client.get<T>(kind.resource, kind.namespaced ? namespace : undefined, name);
    if (!result.ok && result.status.reason === 'NotFound') return undefined;
    return objectOf(result);
  }

  /** Creates an object. Throws `AlreadyExists` and whatever else the server says. */
  *create<T extends KubeObject>(kind: Kind<T>, object: Draft | T): Task<T> {
    return objectOf(yield* this.client.create<T>(kind.resource, kind.namespaced ? object.metadata.namespace : undefined, object));
  }

  /** Replaces an object. With a `resourceVersion` that is not the newest it throws `Conflict`. */
  *update<T extends KubeObject>(kind: Kind<T>, object: T): Task<T> {
    return objectOf(yield* this.client.update<T>(kind.resource, object));
  }

  /** Replaces an object's status. */
  *updateStatus<T extends KubeObject>(kind: Kind<T>, object: T): Task<T> {
    return objectOf(yield* this.client.updateStatus<T>(kind.resource, object));
  }

  /** Patches an object; `subresource: 'status'` for its status. */
  *patch<T extends KubeObject>(kind: Kind<T>, { namespace, name }: Request, type: PatchType, body: unknown, options: { readonly subresource?: string; readonly query?: Query } = {}): Task<T> {
    return objectOf(yield* this.client.patch<T>(kind.resource, kind.namespaced ? namespace : undefined, name, type, body, options));
  }

  /** Server-side apply: states the fields that `fieldManager` wants, and takes them over from others (`force`). */
  *apply<T extends KubeObject>(kind: Kind<T>, object: Draft, fieldManager: string): Task<T> {
    const { namespace = '', name = '' } = object.metadata;
    return yield* this.patch(kind, { namespace, name }, 'application/apply-patch+yaml', object, { query: { fieldManager, force: 'true' } });
  }

  /** Deletes an object; one that is gone already is no error. */
  *delete(kind: Kind, { namespace, name }: Request, options: DeleteOptions = {}): Task {
    const result = yield* this.client.delete(kind.resource, kind.namespaced ? namespace : undefined, name, { kind: 'DeleteOptions', apiVersion: 'v1', ...options });
    if (!result.ok && result.status.reason !== 'NotFound') throw new ApiError(result.status);
  }

  private *informer<T extends KubeObject>(kind: Kind<T>): Task<SharedInformer<T>> {
    const informer = this.factory.informer<T>(kind.resource);
    if (informer.hasSynced()) return informer;
    informer.start();
    yield* waitForCacheSync(this.process, [informer]);
    return informer;
  }
}

function objectOf<T>(result: Result<T>): T {
  if (result.ok) return result.object;
  throw new ApiError(result.status);
}
