/**
 * The two admission phases around the kind's own rules: mutating plugins before, validating ones after.
 * Source: apiserver/pkg/admission/chain.go; the order of plugins is in `admission/plugins.ts`.
 */
import { type Either, isLeft, right } from 'fp-ts/lib/Either.js';
import type { Task } from '../../client/process.ts';
import type { KubeObject } from '../../object/types.ts';
import { mutate, mutateNothing, validate } from '../admission/chain.ts';
import type { AdmissionWorld, Attributes, Operation } from '../admission/plugin.ts';
import type { Status } from '../status/status.ts';
import type { EtcdClient } from '../storage/etcd-client.ts';
import { guaranteedUpdate, readLive, type Decision } from '../storage/guaranteed-update.ts';
import { decide } from '../authorization/authorize.ts';
import { contextOf, storageKey, type Call } from './request.ts';
import type { Services } from './services.ts';

/** Lets mutating plugins change the object (storage form) or refuse it. */
export function* admit(services: Services, call: Call, operation: Operation, object: KubeObject, old: KubeObject | undefined): Task<Either<Status, KubeObject>> {
  return yield* mutate({ ...attributesOf(call, operation, object, old), object }, worldOf(services));
}

/** Both phases of a DELETE or a CONNECT; `object` is what CONNECT's options are. */
export function* admitWithoutObject(services: Services, call: Call, operation: 'DELETE' | 'CONNECT', object: KubeObject | undefined, old: KubeObject | undefined): Task<Either<Status, void>> {
  const attributes = attributesOf(call, operation, object, old);
  const world = worldOf(services);
  const admitted = yield* mutateNothing(attributes, world);
  return isLeft(admitted) ? admitted : yield* validate(attributes, world);
}

/** Lets validating plugins refuse the final object. */
export function* admitFinally(services: Services, call: Call, operation: Operation, object: KubeObject | undefined, old: KubeObject | undefined): Task<Either<Status, void>> {
  return yield* validate(attributesOf(call, operation, object, old), worldOf(services));
}

function attributesOf(call: Call, operation: Operation, object: KubeObject | undefined, old: KubeObject | undefined): Attributes {
  const { info, request, warnings } = call;
  const context = contextOf(call);
  return {
    operation,
    info,
    subresource: request.subresource ?? '',
    namespace: info.namespaced ? (request.namespace ?? '') : '',
    name: request.name ?? object?.metadata.name ?? old?.metadata.name ?? '',
    object,
    old,
    isDryRun: context.dryRun,
    context,
    warn: (text) => warnings.push(text),
  };
}

/** Plugins' view of the store, the same for all requests of a server. */
const worldOf = (services: Services): AdmissionWorld => (services.admission ??= makeWorld(services));

function makeWorld(services: Services): AdmissionWorld {
  const { storage, process } = services;
  const { etcd } = storage;
  return {
    kinds: services.kinds,
    authorizes: (user, question) => decide(services, user, question).isAllowed,
    compiled: (object, make) => services.compiled.of(object, make),
    callWebhook: (call) => services.webhooks.call(call),
    live: (info, namespace, name) => live(etcd, storageKey(info, namespace, name)),
    change: (info, namespace, name, transform) => change(etcd, storageKey(info, namespace, name), transform),
    sleep: (delay) => process.sleep('admission', delay),
  };
}

function* live(etcd: EtcdClient, key: string): Task<KubeObject | undefined> {
  const read = yield* readLive(etcd, key);
  return isLeft(read) ? undefined : read.right;
}

type Change = (current: KubeObject) => KubeObject | undefined;

function* change(etcd: EtcdClient, key: string, transform: Change): Task<boolean> {
  const written = yield* guaranteedUpdate(etcd, key, undefined, (current) => changed(transform, current), false);
  return !isLeft(written) && written.right.kind === 'updated';
}

function* changed(transform: Change, current: KubeObject | undefined): Task<Either<Status, Decision>> {
  const next = current === undefined ? undefined : transform(current);
  return right(next === undefined ? { kind: 'keep', object: current as KubeObject } : { kind: 'put', object: next });
}
