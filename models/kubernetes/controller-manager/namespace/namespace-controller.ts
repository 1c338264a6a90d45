/**
 * The namespace controller: empties namespaces that are being deleted, and then lets them go.
 *
 * Safety: a namespace is finalized only after a pass that found no content and met no error. Liveness: content goes as its own
 * finalizers allow; what remains and why stands in the namespace's conditions, and the next pass comes after an estimate.
 * Source: pkg/controller/namespace/namespace_controller.go, deletion/namespaced_resources_deleter.go.
 */
import { shuffled } from '../../../../src/random/shuffle.ts';
import type { GroupVersionResource } from '../../api/message.ts';
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import { allResources, CUSTOM_RESOURCE_DEFINITIONS, type ApiResource } from '../../client/discovery.ts';
import { aggregate, failure, failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { exponentialWithBucket } from '../../client/rate-limiter.ts';
import { NAMESPACES, PODS } from '../../client/resources.ts';
import { isConflict, isNotFound, type Result } from '../../client/result.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { isTerminating } from '../../object/meta.ts';
import type { KubeObject, Namespace, Pod } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { isPodTerminal } from '../pod/pod-state.ts';
import { contentConditions, type ContentTotals } from './namespace-conditions.ts';

const SECOND = 1_000_000;
/** namespace_controller.go: namespaceDeletionGracePeriod; `--namespace-sync-period`; the queue's 5 ms..60 s. */
const DELETION_GRACE = 5 * SECOND;
const RESYNC = 300 * SECOND;
const BACKOFF_BASE = 5_000;
const BACKOFF_MAX = 60 * SECOND;
/** namespaced_resources_deleter.go: finalizerEstimateSeconds. */
const FINALIZER_ESTIMATE = 15;
const FINALIZER = 'kubernetes';

/** What one pass found: how long what remains may take, in seconds. */
interface Pass {
  readonly estimate: number;
  readonly error: Err;
}

export class NamespaceController {
  readonly loop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly namespaces: SharedInformer<Namespace>;
  private readonly definitions: SharedInformer<KubeObject>;
  /** Seconds to wait before the next pass, by key; set by a sync that left something. */
  private readonly remaining = new Map<string, number>();

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('namespace-controller', 20, 100);
    this.namespaces = context.factory.informer<Namespace>(NAMESPACES);
    this.definitions = context.factory.informer(CUSTOM_RESOURCE_DEFINITIONS);
    const limiter = exponentialWithBucket(BACKOFF_BASE, BACKOFF_MAX, () => context.process.now);
    const settle = (key: string, error: Err): void => this.settle(key, error);
    this.loop = context.loop({ name: 'namespace-controller', workers: 10, client: this.client, limiter, settle, sync: (key) => this.sync(key) }, [this.namespaces]);
    const enqueue = (namespace: Namespace): void => {
      if (isTerminating(namespace)) this.loop.queue.addAfter(namespace.metadata.name, DELETION_GRACE);
    };
    this.namespaces.addEventHandler({ add: enqueue, update: (_old, namespace) => enqueue(namespace) }, RESYNC);
  }

  private settle(key: string, error: Err): void {
    const { queue } = this.loop;
    const estimate = this.remaining.get(key);
    this.remaining.delete(key);
    if (error === undefined) queue.forget(key);
    else if (estimate !== undefined) queue.addAfter(key, (Math.floor(estimate / 2) + 1) * SECOND);
    else queue.addRateLimited(key);
  }

  private *sync(name: string): Task<Err> {
    if (this.namespaces.lister.get(undefined, name) === undefined) return undefined;
    const live = yield* this.client.get<Namespace>(NAMESPACES, undefined, name);
    if (isNotFound(live)) return undefined;
    if (!live.ok) return failureOf(live);
    if (!isTerminating(live.object)) return undefined;
    const marked = yield* this.retryOnConflict(live.object, (namespace) => this.markTerminating(namespace));
    if (!marked.ok) return isNotFound(marked) ? undefined : failureOf(marked);
    if (!isTerminating(marked.object) || (marked.object.spec.finalizers ?? []).length === 0) return undefined;
    const { estimate, error } = yield* this.deleteAllContent(marked.object);
    if (error !== undefined) return error;
    if (estimate > 0) {
      this.remaining.set(name, estimate);
      return failure(`some content remains in the namespace, estimate ${estimate} seconds before it is removed`);
    }
    const finalized = yield* this.retryOnConflict(marked.object, (namespace) => this.finalize(namespace));
    return isNotFound(finalized) ? undefined : failureOf(finalized);
  }

  /** Repeats a write on the live object until it meets no conflict, as long as it is the same namespace. */
  private *retryOnConflict(namespace: Namespace, write: (namespace: Namespace) => Task<Result<Namespace>>): Task<Result<Namespace>> {
    let latest = namespace;
    for (;;) {
      const result = yield* write(latest);
      if (!isConflict(result)) return result;
      const live = yield* this.client.get<Namespace>(NAMESPACES, undefined, latest.metadata.name);
      if (!live.ok || live.object.metadata.uid !== namespace.metadata.uid) return result;
      latest = live.object;
    }
  }

  private *markTerminating(namespace: Namespace): Task<Result<Namespace>> {
    if (!isTerminating(namespace) || namespace.status?.phase === 'Terminating') return { ok: true, object: namespace };
    return yield* this.client.updateStatus<Namespace>(NAMESPACES, { ...namespace, status: { ...namespace.status, phase: 'Terminating' } });
  }

  private *finalize(namespace: Namespace): Task<Result<Namespace>> {
    const finalizers = (namespace.spec.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    return yield* this.client.update<Namespace>(NAMESPACES, { ...namespace, spec: { ...namespace.spec, finalizers } }, 'finalize');
  }

  /** Upstream goes through a map of resources, whose order is another one at each pass. */
  private inAnyOrder(resources: readonly ApiResource[]): ApiResource[] {
    return shuffled(resources, (n) => this.context.process.choose('namespace.order', n));
  }

  private *deleteAllContent(namespace: Namespace): Task<Pass> {
    const totals: ContentTotals = { remaining: new Map(), finalizers: new Map() };
    const errors: NonNullable<Err>[] = [];
    let estimate = 0;
    for (const resource of this.inAnyOrder(allResources(this.definitions.indexer.values()).filter(({ namespaced }) => namespaced))) {
      const pass = yield* this.deleteContentOf(resource, namespace, totals);
      if (pass.error !== undefined) errors.push(pass.error);
      estimate = Math.max(estimate, pass.estimate);
    }
    const conditions = contentConditions(namespace.status?.conditions, totals, errors, this.context.clock);
    // Conditions that could not be written are not a failure of the pass; the next one writes them.
    if (conditions !== namespace.status?.conditions) {
      yield* this.client.updateStatus<Namespace>(NAMESPACES, { ...namespace, status: { ...namespace.status, conditions: [...conditions] } });
    }
    return { estimate, error: aggregate(errors) };
  }

  private *deleteContentOf(resource: ApiResource, namespace: Namespace, totals: ContentTotals): Task<Pass> {
    const { name } = namespace.metadata;
    const grace = resource.gvr === PODS || (resource.gvr.group === '' && resource.gvr.resource === 'pods') ? yield* this.podsEstimate(namespace) : 0;
    const deleted = yield* this.client.call('deletecollection', resource.gvr, { namespace: name, body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' } });
    if (!deleted.ok && !isNotFound(deleted) && deleted.status.reason !== 'MethodNotAllowed') return { estimate: grace, error: failureOf(deleted) };
    const listed = yield* this.client.list<KubeObject>(resource.gvr, name);
    if (!listed.ok) return { estimate: grace, error: isNotFound(listed) ? undefined : failureOf(listed) };
    const { items } = listed.object;
    if (items.length === 0) return { estimate: 0, error: undefined };
    totals.remaining.set(`${resource.gvr.resource}.${resource.gvr.group}`, items.length);
    let hasFinalizers = false;
    for (const item of items) {
      for (const finalizer of item.metadata.finalizers ?? []) {
        hasFinalizers = true;
        totals.finalizers.set(finalizer, (totals.finalizers.get(finalizer) ?? 0) + 1);
      }
    }
    if (grace > 0) return { estimate: grace, error: undefined };
    if (hasFinalizers) return { estimate: FINALIZER_ESTIMATE, error: undefined };
    return { estimate: grace, error: failure(`unexpected items still remain in namespace: ${name} for gvr: ${formatResource(resource.gvr)}`) };
  }

  /** The longest grace period of the pods that still run; 0 when that much time has passed since the deletion. */
  private *podsEstimate(namespace: Namespace): Task<number> {
    const listed = yield* this.client.list<Pod>(PODS, namespace.metadata.name);
    if (!listed.ok) return 0;
    let estimate = 0;
    for (const pod of listed.object.items) {
      if (!isPodTerminal(pod)) estimate = Math.max(estimate, pod.spec.terminationGracePeriodSeconds ?? 0);
    }
    return this.context.clock.since(namespace.metadata.deletionTimestamp) >= estimate * SECOND ? 0 : estimate;
  }
}

/** As Go prints a GroupVersionResource; the core group, which has no name, leaves its slash. */
const formatResource = ({ group, version, resource }: GroupVersionResource): string => `${group}/${version}, Resource=${resource}`;
