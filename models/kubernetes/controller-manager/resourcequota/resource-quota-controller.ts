/**
 * The resource quota controller: recomputes what each quota's namespace really uses.
 *
 * Admission books usage before an object is made; this loop gives back what was deleted or has ended, and corrects the rest. Liveness: used
 * equals the real usage after at most one resync (5 min). Source: pkg/controller/resourcequota/resource_quota_controller.go,
 * resource_quota_monitor.go, pkg/quota/v1/evaluator/core/pods.go (QuotaV1Pod).
 */
import type { Client } from '../../client/client.ts';
import { ControlLoop } from '../../client/control-loop.ts';
import { allResources, CUSTOM_RESOURCE_DEFINITIONS, keyOfResource, type ApiResource } from '../../client/discovery.ts';
import { failureOf, type Err } from '../../client/failure.ts';
import type { Task } from '../../client/process.ts';
import { RESOURCE_QUOTAS } from '../../client/resources.ts';
import { semanticEqual } from '../../client/semantic-equal.ts';
import type { SharedInformer } from '../../client/shared-informer.ts';
import { NAMESPACE_INDEX } from '../../client/store.ts';
import { namespacedName, splitKey } from '../../object/meta.ts';
import { addQuantity, formatQuantity, quantityOf, type Quantity } from '../../object/quantity.ts';
import { matchesScopes, usageOf } from '../../object/quota-usage.ts';
import type { KubeObject, Pod, ResourceQuota } from '../../object/types.ts';
import type { ControllerContext } from '../controller-context.ts';
import { isPodTerminal } from '../pod/pod-state.ts';

const SECOND = 1_000_000;
/** `--resource-quota-sync-period`; discovery every 30 s (app/core.go). */
const RESYNC = 300 * SECOND;
const REFRESH = 30 * SECOND;
const WORKERS = 5;

interface Monitor {
  readonly resource: ApiResource;
  readonly informer: SharedInformer<KubeObject>;
}

export class ResourceQuotaController {
  readonly loop: ControlLoop;
  /** Quotas whose status says less than their spec come first. */
  readonly priorityLoop: ControlLoop;
  private readonly context: ControllerContext;
  private readonly client: Client;
  private readonly quotas: SharedInformer<ResourceQuota>;
  private readonly definitions: SharedInformer<KubeObject>;
  private readonly monitors = new Map<string, Monitor>();

  constructor(context: ControllerContext) {
    this.context = context;
    this.client = context.client('resourcequota-controller');
    this.quotas = context.factory.informer<ResourceQuota>(RESOURCE_QUOTAS);
    this.definitions = context.factory.informer(CUSTOM_RESOURCE_DEFINITIONS);
    this.monitorAll();
    const informers = [this.quotas, ...[...this.monitors.values()].map(({ informer }) => informer)];
    const common = { workers: WORKERS, client: this.client, sync: (key: string) => this.sync(key) };
    this.loop = context.loop({ ...common, name: 'resourcequota-controller' }, informers);
    this.priorityLoop = context.loop({ ...common, name: 'resourcequota-controller.priority' }, informers);
    this.quotas.addEventHandler({
      add: (quota) => this.enqueue(quota),
      update: (old, quota) => {
        if (!semanticEqual(old.spec.hard, quota.spec.hard)) this.enqueue(quota);
      },
    });
    context.whenSynced(informers, () => this.scheduleResync());
    this.scheduleRefresh();
  }

  private enqueue(quota: ResourceQuota): void {
    const used = (quota.status?.used ?? {}) as Record<string, unknown>;
    const isIncomplete = !semanticEqual(quota.spec.hard, quota.status?.hard) || Object.keys(quota.spec.hard ?? {}).some((name) => used[name] === undefined);
    (isIncomplete ? this.priorityLoop : this.loop).queue.add(namespacedName(quota));
  }

  private scheduleResync(): void {
    this.context.process.after('resourcequota.resync', RESYNC, () => {
      for (const quota of this.quotas.lister.list()) this.enqueue(quota);
      this.scheduleResync();
    });
  }

  private scheduleRefresh(): void {
    this.context.process.after('resourcequota.discovery', REFRESH, () => {
      this.monitorAll();
      this.context.factory.start();
      this.scheduleRefresh();
    });
  }

  private monitorAll(): void {
    const served = new Set<string>();
    for (const resource of allResources(this.definitions.indexer.values())) {
      const key = keyOfResource(resource.gvr);
      served.add(key);
      if (!resource.namespaced || resource.gvr.resource === 'events' || this.monitors.has(key)) continue;
      const informer = this.context.factory.informer(resource.gvr);
      this.monitors.set(key, { resource, informer });
      informer.addEventHandler(
        {
          update: (old, object) => {
            if (this.frees(resource, old, object)) this.replenish(resource, object.metadata.namespace);
          },
          delete: (object) => this.replenish(resource, object.metadata.namespace),
        },
        0,
      );
    }
    for (const key of this.monitors.keys()) if (!served.has(key)) this.monitors.delete(key);
  }

  /** Whether an update can change the usage in a way that admission did not book. */
  private frees({ gvr }: ApiResource, old: KubeObject, object: KubeObject): boolean {
    if (gvr.group !== '') return false;
    if (gvr.resource === 'pods') return this.isCounted(old as Pod) && !this.isCounted(object as Pod);
    if (gvr.resource === 'services') return old['spec']?.type !== object['spec']?.type;
    return gvr.resource === 'persistentvolumeclaims' && !semanticEqual(old['spec']?.resources, object['spec']?.resources);
  }

  /** Whether a pod takes compute resources: not once it has ended, nor when its time to go is over. */
  private isCounted(pod: Pod): boolean {
    if (isPodTerminal(pod)) return false;
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
    if (deletionTimestamp === undefined) return true;
    return this.context.clock.now <= this.context.clock.parse(deletionTimestamp) + deletionGracePeriodSeconds * SECOND;
  }

  private replenish(resource: ApiResource, namespace: string | undefined): void {
    for (const quota of this.quotas.lister.list(namespace)) {
      if (Object.keys(quota.spec.hard ?? {}).some((name) => collectionOf(name) === plainName(resource))) this.loop.queue.add(namespacedName(quota));
    }
  }

  private *sync(key: string): Task<Err> {
    const { namespace, name } = splitKey(key);
    const quota = this.quotas.lister.get(namespace, name);
    if (quota === undefined) return undefined;
    const hard = (quota.spec.hard ?? {}) as Record<string, string>;
    const used = this.usage(quota, Object.keys(hard));
    if (semanticEqual(quota.status?.hard, hard) && semanticEqual(quota.status?.used, used)) return undefined;
    return failureOf(yield* this.client.updateStatus<ResourceQuota>(RESOURCE_QUOTAS, { ...quota, status: { hard, used } as never }));
  }

  /** The usage of each name that the quota limits. */
  private usage(quota: ResourceQuota, names: readonly string[]): Record<string, string> {
    const collections = new Set(names.map(collectionOf));
    const sums = new Map<string, Quantity>();
    for (const { resource, informer } of this.monitors.values()) {
      if (!collections.has(plainName(resource))) continue;
      for (const object of informer.indexer.byIndex(NAMESPACE_INDEX, quota.metadata.namespace ?? '')) {
        if (!matchesScopes(quota, resource.gvr, object)) continue;
        const isGone = plainName(resource) === 'pods' && !this.isCounted(object as Pod);
        for (const [name, amount] of usageOf(resource.gvr, object)) {
          if (isGone && !name.startsWith('count/')) continue;
          const sum = sums.get(name);
          sums.set(name, sum === undefined ? amount : addQuantity(sum, amount));
        }
      }
    }
    const sorted = [...names].sort((a, b) => (a < b ? -1 : 1));
    return Object.fromEntries(sorted.map((name) => [name, formatQuantity(sums.get(name) ?? quantityOf('0'))]));
  }
}

const plainName = ({ gvr }: ApiResource): string => (gvr.group === '' ? gvr.resource : `${gvr.resource}.${gvr.group}`);

const COUNTED: readonly string[] = ['services', 'configmaps', 'secrets', 'persistentvolumeclaims', 'replicationcontrollers', 'resourcequotas'];

/** The collection that a quota's name is about. */
function collectionOf(name: string): string {
  if (name.startsWith('count/')) return name.slice('count/'.length);
  if (name.startsWith('services.')) return 'services';
  if (name === 'requests.storage' || name.includes('.storageclass.storage.k8s.io/')) return 'persistentvolumeclaims';
  return COUNTED.includes(name) ? name : 'pods';
}
