/**
 * The Endpoints controller: one Endpoints object for each Service with a selector.
 *
 * Safety: pods that have ended or have no IP never appear; at most 1000 addresses. Liveness: the addresses are those of the
 * selected pods, ready and not ready apart, once the caches are current. A write that would change only the trigger time is
 * not made. Source: pkg/controller/endpoint/endpoints_controller.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { failure, failureOf, isNamespaceTerminating, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { ENDPOINTS, PODS, SERVICES } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { ipFamilyOf } from '../../object/ip.ts';
import { namespacedName, splitKey } from '../../object/meta.ts';
import { NEW } from '../../object/new.ts';
import { selectorFromSet } from '../../object/selector.ts';
import type { core, Endpoints, Pod, Service } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { isPodReady } from '../pod/pod-state.ts';
import { CAPACITY_MAX, countAddresses, packSubsets, truncateSubsets, type EndpointEntry } from './endpoint-subsets.ts';
import { findPort, isServiceIPSet, podServiceMemberships, servicesToUpdateOnPodChange, shouldPodBeInEndpoints, shouldSetHostname } from './pod-services.ts';
import { LAST_CHANGE_TRIGGER_TIME, TriggerTimeTracker } from './trigger-time-tracker.ts';

/** endpoints_controller.go: maxRetries. */
const RETRIES_MAX = 15;
/** core/v1: EndpointsOverCapacity, IsHeadlessService. */
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
export const HEADLESS_LABEL = 'service.kubernetes.io/headless';
const LEADER_ANNOTATION = 'control-plane.alpha.kubernetes.io/leader';

export class EndpointsController {
  readonly loop: ControlLoop;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly services: SharedInformer<Service>;
  private readonly pods: SharedInformer<Pod>;
  private readonly endpoints: SharedInformer<Endpoints>;
  private readonly triggerTimes: TriggerTimeTracker;
  /** The version that our last write of a Service's Endpoints replaced: a cache that still shows it is stale. */
  private readonly replaced = new Map<string, string>();

  constructor(context: ControllerContext) {
    this.client = context.client('endpoints-controller');
    this.recorder = context.recorder(this.client, 'endpoint-controller');
    this.services = context.factory.informer<Service>(SERVICES);
    this.pods = context.factory.informer<Pod>(PODS);
    this.endpoints = context.factory.informer<Endpoints>(ENDPOINTS);
    this.triggerTimes = new TriggerTimeTracker(context.clock);
    const informers = [this.services, this.pods, this.endpoints];
    const sync = (key: string): Task<Err> => this.sync(key);
    this.loop = context.loop({ name: 'endpoints-controller', workers: 5, client: this.client, sync, retriesMax: RETRIES_MAX }, informers);
    this.services.addEventHandler({
      add: (service) => this.loop.queue.add(namespacedName(service)),
      update: (_old, service) => this.loop.queue.add(namespacedName(service)),
      delete: (service) => this.loop.queue.add(namespacedName(service)),
    });
    const podChanged = (pod: Pod): void => {
      for (const key of podServiceMemberships(this.services.lister, pod)) this.loop.queue.add(key);
    };
    this.pods.addEventHandler({
      add: podChanged,
      update: (old, pod) => {
        for (const key of servicesToUpdateOnPodChange(this.services.lister, old, pod)) this.loop.queue.add(key);
      },
      delete: podChanged,
    });
    this.endpoints.addEventHandler({ delete: (object) => this.loop.queue.add(namespacedName(object)) });
    context.whenSynced(informers, () => this.checkLeftoverEndpoints());
  }

  /** Endpoints whose Service vanished while nobody watched are found by syncing all of them once. */
  private checkLeftoverEndpoints(): void {
    for (const object of this.endpoints.lister.list()) {
      if (object.metadata.annotations?.[LEADER_ANNOTATION] === undefined) this.loop.queue.add(namespacedName(object));
    }
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const service = this.services.lister.get(namespace, name);
    if (service === undefined) return yield* this.deleteEndpoints(key, namespace, name);
    if (service.spec.type === 'ExternalName' || service.spec.selector === undefined) return undefined;
    const pods = this.pods.lister.list(namespace, selectorFromSet(service.spec.selector));
    const triggerTime = this.triggerTimes.compute(service, pods);
    const subsets = packSubsets(pods.flatMap((pod) => entriesOf(service, pod)));
    const current = this.endpoints.lister.get(namespace, name);
    if (current !== undefined && this.replaced.get(key) === current.metadata.resourceVersion) {
      return failure(`endpoints informer cache is out of date, resource version ${current.metadata.resourceVersion} already processed for endpoints ${key}`);
    }
    if (current !== undefined && isUpToDate(current, subsets, service)) return undefined;
    return yield* this.write(key, service, current, desired(service, current, subsets, triggerTime));
  }

  private *deleteEndpoints(key: string, namespace: string, name: string): Task<Err> {
    this.triggerTimes.delete(key);
    this.replaced.delete(key);
    if (this.endpoints.lister.get(namespace, name) === undefined) return undefined;
    const result = yield* this.client.delete(ENDPOINTS, namespace, name);
    return isNotFound(result) ? undefined : failureOf(result);
  }

  private *write(key: string, service: Service, current: Endpoints | undefined, object: Endpoints): Task<Err> {
    const { namespace } = service.metadata;
    const result = current === undefined ? yield* this.client.create<Endpoints>(ENDPOINTS, namespace, object) : yield* this.client.update<Endpoints>(ENDPOINTS, object);
    if (result.ok) {
      if (current !== undefined) this.replaced.set(key, current.metadata.resourceVersion);
      return undefined;
    }
    const error = failureOf(result) as NonNullable<Err>;
    if (current === undefined && isNamespaceTerminating(error)) return undefined;
    const [reason, verb] = current === undefined ? ['FailedToCreateEndpoint', 'create'] : ['FailedToUpdateEndpoint', 'update'];
    this.recorder.event(current ?? object, 'Warning', reason as string, `Failed to ${verb} endpoint ${key}: ${error.message}`);
    return error;
  }
}

/** What one pod contributes. */
function entriesOf(service: Service, pod: Pod): EndpointEntry[] {
  const publishAll = service.spec.publishNotReadyAddresses === true;
  if (!shouldPodBeInEndpoints(pod, publishAll)) return [];
  const ip = firstFamilyIP(service, pod);
  if (ip === undefined) return [];
  const { namespace, name, uid } = pod.metadata;
  const address: core.EndpointAddress = {
    ip,
    ...(pod.spec.nodeName ? { nodeName: pod.spec.nodeName } : {}),
    targetRef: { kind: 'Pod', namespace: namespace as string, name, uid },
    ...(shouldSetHostname(pod, service) ? { hostname: pod.spec.hostname as string } : {}),
  };
  const isReady = publishAll || isPodReady(pod);
  const ports = service.spec.ports ?? [];
  if (ports.length === 0) return isServiceIPSet(service) ? [] : [{ address, ports: [], isReady }];
  const entries: EndpointEntry[] = [];
  for (const port of ports) {
    const number = findPort(pod, port);
    if (number === undefined) continue;
    const { name: portName, protocol = 'TCP', appProtocol } = port;
    const endpointPort = { ...(portName ? { name: portName } : {}), port: number, protocol, ...(appProtocol ? { appProtocol } : {}) };
    entries.push({ address, ports: [endpointPort], isReady });
  }
  return entries;
}

function firstFamilyIP(service: Service, pod: Pod): string | undefined {
  const family = service.spec.ipFamilies?.[0] ?? ipFamilyOf(service.spec.clusterIP ?? '') ?? ipFamilyOf(pod.status.podIP ?? '');
  const ips = pod.status.podIPs?.map(({ ip }) => ip as string) ?? (pod.status.podIP ? [pod.status.podIP] : []);
  return ips.find((ip) => ipFamilyOf(ip) === family);
}

function isUpToDate(current: Endpoints, subsets: readonly core.EndpointSubset[], service: Service): boolean {
  const { [HEADLESS_LABEL]: _headless, ...labels } = current.metadata.labels ?? {};
  const isMarked = current.metadata.annotations?.[OVER_CAPACITY] !== undefined;
  const isOver = countAddresses(current.subsets) > CAPACITY_MAX;
  const isCapacityRight = isMarked ? current.metadata.annotations?.[OVER_CAPACITY] === 'truncated' || isOver : !isOver;
  return isCapacityRight && semanticEqual(current.subsets, truncateSubsets(subsets)) && semanticEqual(labels, service.metadata.labels);
}

function desired(service: Service, current: Endpoints | undefined, subsets: readonly core.EndpointSubset[], triggerTime: string | undefined): Endpoints {
  const truncated = truncateSubsets(subsets);
  const { [LAST_CHANGE_TRIGGER_TIME]: _time, [OVER_CAPACITY]: _capacity, ...others } = current?.metadata.annotations ?? {};
  const annotations = {
    ...others,
    ...(triggerTime === undefined ? {} : { [LAST_CHANGE_TRIGGER_TIME]: triggerTime }),
    ...(truncated === subsets ? {} : { [OVER_CAPACITY]: 'truncated' }),
  };
  const { [HEADLESS_LABEL]: _headless, ...labels } = service.metadata.labels ?? {};
  const { name, namespace } = service.metadata;
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    ...current,
    metadata: {
      ...(current?.metadata ?? ({ name, namespace } as Endpoints['metadata'])),
      labels: isServiceIPSet(service) ? labels : { ...NEW, ...labels, [HEADLESS_LABEL]: '' },
      annotations,
    },
    subsets: truncated as core.EndpointSubset[],
  };
}
