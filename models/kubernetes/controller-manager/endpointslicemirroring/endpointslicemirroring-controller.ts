/**
 * The EndpointSlice mirroring controller: slices for Endpoints that users write themselves, for Services without a selector.
 *
 * Safety: only slices with its own manager label are touched; at most 1000 addresses of a subset are mirrored. Liveness: the
 * mirrored slices carry the addresses of the Endpoints and vanish with them (by their owner reference, or here).
 * Source: pkg/controller/endpointslicemirroring/{endpointslicemirroring_controller,reconciler,utils}.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { failure, failureOf, isNamespaceTerminating, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { exponentialWithBucket } from '../../client/rate-limiter.ts';
import { ENDPOINTS, ENDPOINT_SLICES, SERVICES } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { ipFamilyOf } from '../../object/ip.ts';
import { isTerminating, namespacedName, splitKey } from '../../object/meta.ts';
import { sortedByHash } from '../../object/go/by-hash.ts';
import type { core, Endpoints, EndpointSlice, Service } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../endpointslice/reconciler.ts';
import { endpointKey, type Endpoint } from '../endpointslice/slice-packing.ts';
import { EndpointSliceTracker } from '../endpointslice/slice-tracker.ts';
import { groupKey, MANAGER, planMirror, type WantedSlice } from './mirror-plan.ts';

const SKIP_LABEL = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';
/** `--mirroring-max-endpoints-per-subset`; maxRetries; defaultSyncBackOff, maxSyncBackOff. */
const PER_SUBSET_MAX = 1000;
const RETRIES_MAX = 15;
const SECOND = 1_000_000;

export class EndpointSliceMirroringController {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly endpoints: SharedInformer<Endpoints>;
  private readonly slices: SharedInformer<EndpointSlice>;
  private readonly services: SharedInformer<Service>;
  private readonly tracker = new EndpointSliceTracker();

  constructor(context: ControllerContext) {
    this.client = context.client('endpointslice-mirroring-controller');
    this.recorder = context.recorder(this.client, 'endpoint-slice-mirroring-controller');
    this.endpoints = context.factory.informer<Endpoints>(ENDPOINTS);
    this.slices = context.factory.informer<EndpointSlice>(ENDPOINT_SLICES);
    this.services = context.factory.informer<Service>(SERVICES);
    const limiter = exponentialWithBucket(SECOND, 100 * SECOND, () => context.process.now);
    const options = { name: 'endpointslice-mirroring-controller', workers: 5, client: this.client, limiter, retriesMax: RETRIES_MAX };
    this.loop = context.loop({ ...options, sync: (key) => this.sync(key) }, [this.endpoints, this.slices, this.services]);
    const { queue } = this.loop;
    const changed = (object: Endpoints): void => {
      if (shouldMirror(object)) queue.add(namespacedName(object));
    };
    this.endpoints.addEventHandler({
      add: changed,
      update: (old, object) => {
        if (shouldMirror(old) || shouldMirror(object)) queue.add(namespacedName(object));
      },
      delete: changed,
    });
    this.services.addEventHandler({
      add: (service) => queue.add(namespacedName(service)),
      update: (old, service) => {
        if ((old.spec.selector === undefined) !== (service.spec.selector === undefined)) queue.add(namespacedName(service));
      },
      delete: (service) => queue.add(namespacedName(service)),
    });
    this.slices.addEventHandler({
      add: (slice) => this.sliceChanged(slice),
      update: (_old, slice) => this.sliceChanged(slice),
      delete: (slice) => {
        const key = keyOf(slice);
        if (isMirrored(slice) && this.tracker.has(key, slice) && !this.tracker.handleDeletion(key, slice)) queue.add(key);
      },
    });
  }

  private sliceChanged(slice: EndpointSlice): void {
    const key = keyOf(slice);
    if (isMirrored(slice) && (!this.tracker.has(key, slice) || this.tracker.isNewerKnown(key, slice))) this.loop.queue.add(key);
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const object = this.endpoints.lister.get(namespace, name);
    const service = this.services.lister.get(namespace, name);
    const slices = this.slices.lister.list(namespace).filter((slice) => isMirrored(slice) && keyOf(slice) === key && !isTerminating(slice));
    const isWanted = object !== undefined && shouldMirror(object) && service !== undefined && service.spec.selector === undefined;
    if (!isWanted) {
      this.tracker.delete(key);
      return yield* this.removeAll(namespace, slices);
    }
    if (this.tracker.isStale(key, slices)) return failure('EndpointSlice informer cache is out of date');
    return yield* this.reconcile(key, object, slices);
  }

  private *removeAll(namespace: string, slices: readonly EndpointSlice[]): Task<Err> {
    for (const slice of slices) {
      const result = yield* this.client.delete(ENDPOINT_SLICES, namespace, slice.metadata.name);
      if (!result.ok && !isNotFound(result)) return failureOf(result);
    }
    return undefined;
  }

  private *reconcile(key: string, object: Endpoints, slices: readonly EndpointSlice[]): Task<Err> {
    const { namespace } = splitKey(key);
    const { create, update, remove } = planMirror(object, slices, this.wantedByFamilyAndPorts(object), PER_SUBSET_MAX);
    const who = `EndpointSlice for Endpoints ${key}`;
    for (const slice of isTerminating(object) ? [] : create) {
      const result = yield* this.client.create<EndpointSlice>(ENDPOINT_SLICES, namespace, slice);
      if (isNamespaceTerminating(failureOf(result))) return undefined;
      if (!result.ok) return failure(`failed to create ${who}: ${result.status.message ?? ''}`);
      this.tracker.update(key, result.object);
    }
    for (const slice of update) {
      const result = yield* this.client.update<EndpointSlice>(ENDPOINT_SLICES, slice);
      if (!result.ok) return failure(`failed to update ${slice.metadata.name} ${who}: ${result.status.message ?? ''}`);
      this.tracker.update(key, result.object);
    }
    for (const slice of remove) {
      const result = yield* this.client.delete(ENDPOINT_SLICES, namespace, slice.metadata.name);
      if (!result.ok) return failure(`failed to delete ${slice.metadata.name} ${who}: ${result.status.message ?? ''}`);
      this.tracker.expectDeletion(key, slice);
    }
    return undefined;
  }

  private wantedByFamilyAndPorts(object: Endpoints): Map<string, WantedSlice> {
    const wanted = new Map<string, WantedSlice & { endpoints: Map<string, Endpoint> }>();
    for (const subset of object.subsets ?? []) {
      const given = (subset.ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({ name, port, protocol, ...(appProtocol ? { appProtocol } : {}) }));
      const ports = sortedByHash('discovery/v1.EndpointPort', given);
      const addresses = [...(subset.addresses ?? []).map((address) => ({ address, ready: true })), ...(subset.notReadyAddresses ?? []).map((address) => ({ address, ready: false }))];
      let [added, skipped, invalid] = [0, 0, 0];
      for (const { address, ready } of addresses) {
        const family = ipFamilyOf(address.ip);
        if (family === undefined) invalid += 1;
        else if (added >= PER_SUBSET_MAX) skipped += 1;
        else {
          added += 1;
          const group = groupKey(family, ports);
          const entry = wanted.get(group) ?? { family, ports, endpoints: new Map<string, Endpoint>() };
          wanted.set(group, entry);
          const endpoint = mirrored(address, ready);
          entry.endpoints.set(endpointKey(endpoint), endpoint);
        }
      }
      if (invalid > 0) this.recorder.event(object, 'Warning', 'InvalidIPAddress', `Skipped ${invalid} invalid IP addresses when mirroring to EndpointSlices`);
      if (skipped > 0) this.recorder.event(object, 'Warning', 'TooManyAddressesToMirror', `A max of ${PER_SUBSET_MAX} addresses can be mirrored to EndpointSlices per Endpoints subset. ${skipped} addresses were skipped`);
    }
    return wanted;
  }
}

function mirrored(address: core.EndpointAddress, ready: boolean): Endpoint {
  const { ip, nodeName, hostname, targetRef } = address;
  return {
    addresses: [ip],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(targetRef ? { targetRef } : {}),
    ...(nodeName ? { nodeName } : {}),
  };
}

function shouldMirror({ metadata }: Endpoints): boolean {
  return metadata.labels?.[SKIP_LABEL] !== 'true' && metadata.annotations?.[LEADER_ANNOTATION] === undefined;
}

const isMirrored = (slice: EndpointSlice): boolean => slice.metadata.labels?.[MANAGED_BY_LABEL] === MANAGER;

const keyOf = (slice: EndpointSlice): string => `${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.[SERVICE_NAME_LABEL] ?? ''}`;
