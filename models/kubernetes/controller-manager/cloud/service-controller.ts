/**
 * The service load balancer controller: asks the cloud for a load balancer for each Service that wants one, and takes it away again.
 *
 * Safety: the finalizer is on the Service before the cloud is asked for anything, and goes only when the load balancer has gone. Liveness: each such Service
 * gets its address; failures are tried again 5 s to 5 min apart; load balancers hear of changed nodes.
 * Source: k8s.io/cloud-provider/controllers/service/controller.go.
 */
import type { Client } from '../../client/client.ts';
import type { ControlLoop } from '../../client/control-loop.ts';
import type { EventRecorder } from '../../client/event-recorder.ts';
import { failure, failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { ItemExponentialFailureRateLimiter } from '../../client/rate-limiter.ts';
import { NODES, SERVICES } from '../../client/resources.ts';
import { isNotFound } from '../../client/result.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { hasFinalizer } from '../../object/finalizer.ts';
import { isTerminating, namespacedName, splitKey } from '../../object/meta.ts';
import type { Node, Service } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import type { CloudProvider } from './cloud-provider.ts';

const SECOND = 1_000_000;
/** controller.go: minRetryDelay, maxRetryDelay; serviceSyncPeriod, nodeSyncPeriod. */
const RETRY = 5 * SECOND;
const RETRY_MAX = 300 * SECOND;
const SERVICE_RESYNC = 30 * SECOND;
const NODE_RESYNC = 100 * SECOND;
const FINALIZER = 'service.kubernetes.io/load-balancer-cleanup';
const EXCLUDED_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';
const TO_BE_DELETED_TAINT = 'ToBeDeletedByClusterAutoscaler';

export class ServiceLBController {
  readonly loop: ControlLoop;
  readonly nodeLoop: ControlLoop;
  private readonly client: Client;
  private readonly recorder: EventRecorder;
  private readonly cloud: CloudProvider;
  private readonly services: SharedInformer<Service>;
  private readonly nodes: SharedInformer<Node>;
  /** The nodes that each Service's load balancer was last told of. */
  private readonly told = new Map<string, string>();

  constructor(context: ControllerContext, cloud: CloudProvider) {
    this.cloud = cloud;
    this.client = context.client('service-controller');
    this.recorder = context.recorder(this.client, 'service-controller');
    this.services = context.factory.informer<Service>(SERVICES);
    this.nodes = context.factory.informer<Node>(NODES);
    const informers = [this.services, this.nodes];
    const limiter = new ItemExponentialFailureRateLimiter(RETRY, RETRY_MAX);
    this.loop = context.loop({ name: 'service-lb-controller', workers: 1, client: this.client, sync: (key) => this.sync(key), limiter }, informers);
    this.nodeLoop = context.loop({ name: 'service-lb-controller.nodes', workers: 1, client: this.client, sync: () => this.tellNodes(), limiter: new ItemExponentialFailureRateLimiter(RETRY, RETRY_MAX) }, informers);
    const enqueue = (service: Service): void => this.loop.queue.add(namespacedName(service));
    this.services.addEventHandler({
      add: (service) => {
        if (wantsLoadBalancer(service) || needsCleanup(service)) enqueue(service);
      },
      update: (old, service) => {
        if (this.needsUpdate(old, service) || needsCleanup(service)) enqueue(service);
      },
    }, SERVICE_RESYNC);
    const nodesChanged = (): void => this.nodeLoop.queue.add('nodes');
    this.nodes.addEventHandler({ add: nodesChanged, update: (old, node) => hostText(old) !== hostText(node) && nodesChanged(), delete: nodesChanged }, NODE_RESYNC);
  }

  /** Whether the change concerns the load balancer; says what changed. */
  private needsUpdate(old: Service, service: Service): boolean {
    const [wanted, wants] = [wantsLoadBalancer(old), wantsLoadBalancer(service)];
    if (!wanted && !wants) return false;
    const say = (reason: string, from: unknown, to: unknown): true => {
      this.recorder.event(service, 'Normal', reason, `${String(from)} -> ${String(to)}`);
      return true;
    };
    if (wanted !== wants) return say('Type', old.spec.type, service.spec.type);
    if (old.spec.loadBalancerIP !== service.spec.loadBalancerIP) return say('LoadbalancerIP', old.spec.loadBalancerIP ?? '', service.spec.loadBalancerIP ?? '');
    if (old.spec.externalTrafficPolicy !== service.spec.externalTrafficPolicy) return say('ExternalTrafficPolicy', old.spec.externalTrafficPolicy, service.spec.externalTrafficPolicy);
    if (old.metadata.uid !== service.metadata.uid) return say('UID', old.metadata.uid, service.metadata.uid);
    const concerned = ({ spec, metadata }: Service): unknown => [spec.ports, spec.sessionAffinity, spec.sessionAffinityConfig, spec.externalIPs, spec.loadBalancerSourceRanges, spec.ipFamilies, spec.ipFamilyPolicy, metadata.annotations];
    return !semanticEqual(concerned(old), concerned(service)) || (isTerminating(service) && !isTerminating(old));
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const service = this.services.lister.get(namespace, name);
    if (service === undefined) return undefined;
    const error = wantsLoadBalancer(service) && !needsCleanup(service) ? yield* this.ensure(service, key) : yield* this.cleanUp(service, key);
    if (error !== undefined) this.recorder.event(service, 'Warning', 'SyncLoadBalancerFailed', `Error syncing load balancer: ${error.message}`);
    return error;
  }

  private *ensure(service: Service, key: string): Task<Err> {
    this.recorder.event(service, 'Normal', 'EnsuringLoadBalancer', 'Ensuring load balancer');
    if (!hasFinalizer(service, FINALIZER)) {
      const added = yield* this.finalizers(service, [...(service.metadata.finalizers ?? []), FINALIZER]);
      if (added !== undefined) return failure(`failed to add load balancer cleanup finalizer: ${added.message}`);
    }
    const hosts = this.hosts();
    if (hosts === '') this.recorder.event(service, 'Warning', 'UnAvailableLoadBalancer', 'There are no available nodes for LoadBalancer');
    const made = yield* this.cloud.ensureLoadBalancer(service.metadata.uid);
    if ('problem' in made) return failure(`failed to ensure load balancer: ${made.problem}`);
    this.told.set(key, hosts);
    this.recorder.event(service, 'Normal', 'EnsuredLoadBalancer', 'Ensured load balancer');
    return yield* this.status(service, [{ ip: made.ip, ipMode: 'VIP' }]);
  }

  private *cleanUp(service: Service, key: string): Task<Err> {
    const { uid } = service.metadata;
    if (this.cloud.hasLoadBalancer(uid)) {
      this.recorder.event(service, 'Normal', 'DeletingLoadBalancer', 'Deleting load balancer');
      yield* this.cloud.deleteLoadBalancer(uid);
    }
    this.told.delete(key);
    if (hasFinalizer(service, FINALIZER)) {
      const removed = yield* this.finalizers(service, (service.metadata.finalizers ?? []).filter((name) => name !== FINALIZER));
      if (removed !== undefined) return failure(`failed to remove load balancer cleanup finalizer: ${removed.message}`);
    }
    this.recorder.event(service, 'Normal', 'DeletedLoadBalancer', 'Deleted load balancer');
    return yield* this.status(service, undefined);
  }

  private *finalizers({ metadata: { namespace, name } }: Service, finalizers: readonly string[]): Task<Err> {
    const result = yield* this.client.patch(SERVICES, namespace, name, 'application/merge-patch+json', { metadata: { finalizers } }, { subresource: 'status' });
    return isNotFound(result) ? undefined : failureOf(result);
  }

  private *status({ metadata: { namespace, name }, status }: Service, ingress: readonly object[] | undefined): Task<Err> {
    if (semanticEqual(status?.loadBalancer?.ingress, ingress)) return undefined;
    const body = { status: { loadBalancer: { ingress: ingress ?? null } } };
    const result = yield* this.client.patch(SERVICES, namespace, name, 'application/merge-patch+json', body, { subresource: 'status' });
    return result.ok || isNotFound(result) ? undefined : failure(`failed to update load balancer status: ${failureOf(result)?.message ?? ''}`);
  }

  /** The nodes that load balancers send to, as one text; Ready is not asked for. */
  private hosts(): string {
    return this.nodes.lister.list().map(hostText).filter((text) => text !== '').sort().join(' ');
  }

  private *tellNodes(): Task<Err> {
    const hosts = this.hosts();
    for (const [key, known] of [...this.told]) {
      const { namespace, name } = splitKey(key);
      const service = this.services.lister.get(namespace, name);
      if (known === hosts || service === undefined || !wantsLoadBalancer(service)) continue;
      yield* this.cloud.updateLoadBalancer();
      if (!this.told.has(key)) continue;
      this.told.set(key, hosts);
      this.recorder.event(service, 'Normal', 'UpdatedLoadBalancer', 'Updated load balancer with new hosts');
    }
    return undefined;
  }
}

const wantsLoadBalancer = ({ spec }: Service): boolean => spec.type === 'LoadBalancer' && spec.loadBalancerClass === undefined;
const needsCleanup = (service: Service): boolean => hasFinalizer(service, FINALIZER) && (isTerminating(service) || !wantsLoadBalancer(service));

/** A node as a load balancer's target; empty when it is none. */
function hostText(node: Node): string {
  const isExcluded = node.metadata.labels?.[EXCLUDED_LABEL] !== undefined || (node.spec.taints ?? []).some(({ key }) => key === TO_BE_DELETED_TAINT);
  return isExcluded || isTerminating(node) ? '' : `${node.metadata.name}=${node.spec.providerID ?? ''}`;
}
