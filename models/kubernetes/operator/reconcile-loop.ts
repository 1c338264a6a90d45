/**
 * Runs one controller: watches feed a queue of requests, workers reconcile them.
 *
 * Source: sigs.k8s.io/controller-runtime/pkg/internal/controller/controller.go (reconcileHandler), pkg/handler.
 */
import type { Client } from '../client/client.ts';
import { ControlLoop } from '../client/control-loop.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import { failure, type Err } from '../client/failure.ts';
import type { Process, Task } from '../client/process.ts';
import { waitForCacheSync, type SharedInformerFactory } from '../client/shared-informer.ts';
import { WallClock } from '../client/wall-clock.ts';
import { controllerOf, splitKey } from '../object/meta.ts';
import type { KubeObject } from '../object/types.ts';
import { ApiError, ReconcileError, TerminalError } from './api-error.ts';
import type { AnyController, ReconcileContext, ReconcileResult, Request } from './controller.ts';
import { groupOf, type Kind } from './kind.ts';
import type { ObjectEvent, Predicate } from './predicate.ts';
import { ReconcileClient } from './reconcile-client.ts';

export interface LoopOptions {
  readonly process: Process;
  readonly client: Client;
  readonly factory: SharedInformerFactory;
  readonly recorder: EventRecorder;
  /** The cluster's epoch, ms. */
  readonly epoch: number;
}

/** Starts a controller; its workers begin when all its caches are filled. */
export function startController(definition: AnyController, { process, client, factory, recorder, epoch }: LoopOptions): ControlLoop {
  const api = new ReconcileClient(process, client, factory);
  const context: ReconcileContext = {
    client: api,
    recorder,
    clock: new WallClock(process, epoch),
    choose: (what, n) => process.choose(`reconcile.${what}`, n),
    log: (message, data = {}) => process.record('log', { controller: definition.name, message, ...data }),
  };
  /** What the last reconcile of a request asked for, until the loop settles it. */
  const results = new Map<string, ReconcileResult>();
  const loop: ControlLoop = new ControlLoop(process, {
    name: definition.name,
    workers: definition.maxConcurrentReconciles ?? 1,
    client,
    ...(definition.rateLimiter === undefined ? {} : { limiter: definition.rateLimiter(() => process.now) }),
    sync: (key) => reconcile(definition, key, context, results),
    settle: (key, error) => settle(loop, key, error, results),
  });
  const enqueue = ({ namespace, name }: Request): void => loop.queue.add(namespace === '' ? name : `${namespace}/${name}`);
  subscribe(factory, definition.for, definition.predicate, (object) => enqueue({ namespace: object.metadata.namespace ?? '', name: object.metadata.name }));
  for (const owned of definition.owns ?? []) {
    subscribe(factory, owned, undefined, (object) => {
      const owner = controllerOf(object);
      if (owner?.kind !== definition.for.kind || groupOf(owner.apiVersion) !== groupOf(definition.for.apiVersion)) return;
      enqueue({ namespace: definition.for.namespaced ? (object.metadata.namespace ?? '') : '', name: owner.name });
    });
  }
  for (const { kind, map, predicate } of definition.watches ?? []) {
    subscribe(factory, kind, predicate, (object) => map(object, api).forEach(enqueue));
  }
  const kinds: readonly Kind[] = [definition.for, ...(definition.owns ?? []), ...(definition.watches ?? []).map(({ kind }) => kind)];
  process.go(run(process, loop, factory, kinds));
  return loop;
}

function* run(process: Process, loop: ControlLoop, factory: SharedInformerFactory, kinds: readonly Kind[]): Task {
  yield* waitForCacheSync(process, kinds.map(({ resource }) => factory.informer(resource)));
  loop.run();
}

/** Calls `handle` for each event that counts; for updates with the new object, and before that with the old one. */
function subscribe<T extends KubeObject>(factory: SharedInformerFactory, { resource }: Kind<T>, predicate: Predicate<T> | undefined, handle: (object: T) => void): void {
  const counts = (event: ObjectEvent<T>): boolean => predicate === undefined || predicate(event);
  factory.informer<T>(resource).addEventHandler({
    add: (object) => counts({ type: 'create', object }) && handle(object),
    update: (old, object) => {
      if (!counts({ type: 'update', object, old })) return;
      handle(old);
      handle(object);
    },
    delete: (object) => counts({ type: 'delete', object }) && handle(object),
  });
}

function* reconcile(definition: AnyController, key: string, context: ReconcileContext, results: Map<string, ReconcileResult>): Task<Err> {
  results.delete(key);
  try {
    const result = yield* definition.reconcile(splitKey(key), context);
    if (result !== undefined) results.set(key, result);
    return undefined;
  } catch (error) {
    if (error instanceof ApiError) return { message: error.message, status: error.status };
    if (error instanceof TerminalError) {
      results.set(key, {});
      return failure(`terminal error: ${error.message}`);
    }
    if (error instanceof ReconcileError) return failure(error.message);
    if (definition.recoverPanic !== true) throw error;
    const text = error instanceof Error ? error.message : String(error);
    context.log('panic', { error: text });
    return failure(`panic: ${text} [recovered]`);
  }
}

function settle({ queue }: ControlLoop, key: string, error: Err, results: Map<string, ReconcileResult>): void {
  const result = results.get(key);
  results.delete(key);
  if (error !== undefined && result === undefined) return queue.addRateLimited(key);
  if ((result?.requeueAfter ?? 0) > 0) {
    queue.forget(key);
    return queue.addAfter(key, result?.requeueAfter ?? 0);
  }
  if (result?.requeue === true) return queue.addRateLimited(key);
  queue.forget(key);
}
