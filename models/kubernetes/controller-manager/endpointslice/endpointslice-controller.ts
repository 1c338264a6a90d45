/**
 * The EndpointSlice controller: slices for each Service with a selector.
 *
 * Safety: at most 100 endpoints a slice, one address family and one port set per slice; ready and terminating together only with
 * publishNotReadyAddresses; slices of other managers are never touched. Liveness: the endpoints and their conditions become those
 * of the selected pods; a cache behind the controller's own writes is noticed and the sync repeated.
 * Source: pkg/controller/endpointslice/endpointslice_controller.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { failure, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { exponentialWithBucket } from '../../client/rate-limiter.ts';
import { ENDPOINT_SLICES, NODES, PODS, SERVICES } from '../../client/resources.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { isTerminating, namespacedName, splitKey } from '../../object/meta.ts';
import { selectorFromSet } from '../../object/selector.ts';
import type { EndpointSlice, Node, Pod, Service } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { podServiceMemberships, servicesToUpdateOnPodChange } from '../endpoint/pod-services.ts';
import { TriggerTimeTracker } from '../endpoint/trigger-time-tracker.ts';
import { MANAGED_BY_LABEL, reconcileSlices, SERVICE_NAME_LABEL } from './reconciler.ts';
import { EndpointSliceTracker } from './slice-tracker.ts';

/** endpointslice_controller.go: maxRetries, endpointSliceChangeMinSyncDelay, defaultSyncBackOff, maxSyncBackOff. */
const RETRIES_MAX = 15;
const SECOND = 1_000_000;
const SLICE_CHANGE_DELAY = SECOND;
/** `--max-endpoints-per-slice`. */
const ENDPOINTS_PER_SLICE_MAX = 100;
const MANAGER = 'endpointslice-controller.k8s.io';
/** The index of slices by the Service that they name. */
const BY_SERVICE = 'endpointslice/service';

export class EndpointSliceController {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly services: SharedInformer<Service>;
  private readonly pods: SharedInformer<Pod>;
  private readonly nodes: SharedInformer<Node>;
  private readonly slices: SharedInformer<EndpointSlice>;
  private readonly triggerTimes: TriggerTimeTracker;
  private readonly tracker = new EndpointSliceTracker();

  constructor(context: ControllerContext) {
    this.client = context.client('endpointslice-controller');
    this.recorder = context.recorder(this.client, 'endpoint-slice-controller');
    this.services = context.factory.informer<Service>(SERVICES);
    this.pods = context.factory.informer<Pod>(PODS);
    this.nodes = context.factory.informer<Node>(NODES);
    this.slices = context.factory.informer<EndpointSlice>(ENDPOINT_SLICES);
    this.slices.addIndexers({ [BY_SERVICE]: (slice) => [serviceKeyOf(slice) ?? ''] });
    this.triggerTimes = new TriggerTimeTracker(context.clock);
    const limiter = exponentialWithBucket(SECOND, 1000 * SECOND, () => context.process.now);
    const options = { name: 'endpointslice-controller', workers: 5, client: this.client, limiter, retriesMax: RETRIES_MAX };
    this.loop = context.loop({ ...options, sync: (key) => this.sync(key) }, [this.services, this.pods, this.nodes, this.slices]);
    this.addHandlers();
  }

  private addHandlers(): void {
    const { queue } = this.loop;
    const enqueue = (service: Service): void => queue.add(namespacedName(service));
    this.services.addEventHandler({ add: enqueue, update: (_old, service) => enqueue(service), delete: enqueue });
    const podChanged = (pod: Pod): void => podServiceMemberships(this.services.lister, pod).forEach((key) => queue.add(key));
    this.pods.addEventHandler({
      add: podChanged,
      update: (old, pod) => servicesToUpdateOnPodChange(this.services.lister, old, pod).forEach((key) => queue.add(key)),
      delete: podChanged,
    });
    this.slices.addEventHandler({
      add: (slice) => this.sliceAdded(slice),
      update: (old, slice) => this.sliceUpdated(old, slice),
      delete: (slice) => this.sliceDeleted(slice),
    });
  }

  /** Only what this controller has not written itself is a reason to sync. */
  private sliceAdded(slice: EndpointSlice): void {
    const key = serviceKeyOf(slice);
    if (key === undefined || !isManaged(slice)) return;
    if (!this.tracker.has(key, slice) || this.tracker.isNewerKnown(key, slice)) this.enqueueLater(key);
  }

  private sliceUpdated(old: EndpointSlice, slice: EndpointSlice): void {
    const [oldKey, key] = [serviceKeyOf(old), serviceKeyOf(slice)];
    if (oldKey !== key) {
      if (oldKey !== undefined) this.enqueueLater(oldKey);
      if (key !== undefined) this.enqueueLater(key);
      return;
    }
    if (key === undefined) return;
    const managedChanged = old.metadata.labels?.[MANAGED_BY_LABEL] !== slice.metadata.labels?.[MANAGED_BY_LABEL];
    if (managedChanged || (isManaged(slice) && (!this.tracker.has(key, slice) || this.tracker.isNewerKnown(key, slice)))) this.enqueueLater(key);
  }

  private sliceDeleted(slice: EndpointSlice): void {
    const key = serviceKeyOf(slice);
    if (key === undefined || !isManaged(slice) || !this.tracker.has(key, slice)) return;
    if (!this.tracker.handleDeletion(key, slice)) this.enqueueLater(key);
  }

  private enqueueLater(key: string): void {
    this.loop.queue.addAfter(key, SLICE_CHANGE_DELAY);
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const service = this.services.lister.get(namespace, name);
    if (service === undefined) {
      this.triggerTimes.delete(key);
      this.tracker.delete(key);
      return undefined;
    }
    const { selector, type } = service.spec;
    if (type === 'ExternalName' || selector === undefined) return undefined;
    const pods = this.pods.lister.list(namespace, selectorFromSet(selector));
    const slices = this.slices.indexer.byIndex(BY_SERVICE, key).filter((slice) => isManaged(slice) && !isTerminating(slice));
    if (this.tracker.isStale(key, slices)) return failure('EndpointSlice informer cache is out of date');
    const triggerTime = this.triggerTimes.compute(service, pods);
    const reconciler = { client: this.client, nodes: this.nodes.lister, tracker: this.tracker, endpointsMax: ENDPOINTS_PER_SLICE_MAX };
    const error = yield* reconcileSlices(reconciler, service, pods, slices, triggerTime);
    if (error !== undefined) {
      const message = `Error updating Endpoint Slices for Service ${key}: ${error.message}`;
      this.recorder.event(service, 'Warning', 'FailedToUpdateEndpointSlices', message);
    }
    return error;
  }
}

const isManaged = (slice: EndpointSlice): boolean => slice.metadata.labels?.[MANAGED_BY_LABEL] === MANAGER;

function serviceKeyOf(slice: EndpointSlice): string | undefined {
  const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
  return name ? `${slice.metadata.namespace ?? ''}/${name}` : undefined;
}
