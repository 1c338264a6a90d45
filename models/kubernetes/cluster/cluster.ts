/**
 * A cluster: all actors of one simulation, wired.
 *
 * This is the one place that knows every component; components themselves meet only in messages.
 */
import { Kernel, type ActorSpec, type KernelOptions } from '../../../src/index.ts';
import { kubeApiServer, type ApiServerOptions } from '../api-server/server.ts';
import { KINDS, resourceOfKind } from '../api-server/registry/kinds.ts';
import { containerRuntime } from '../container-runtime/runtime.ts';
import { FAST_TIMING, REALISTIC_TIMING, ZERO_TIMING } from '../container-runtime/options.ts';
import { cloudControllerManager } from '../controller-manager/cloud-controller-manager.ts';
import { kubeControllerManager } from '../controller-manager/controller-manager.ts';
import { etcd, type EtcdOptions } from '../etcd/etcd.ts';
import { Store } from '../etcd/store.ts';
import { kubelet } from '../kubelet/kubelet.ts';
import { KubeProxyShared, kubeProxy } from '../kube-proxy/proxy.ts';
import { METRICS_APIS, METRICS_SERVER, metricsServer, type MetricSeries } from '../metrics-server/metrics-server.ts';
import { coreDns } from '../network/dns/coredns.ts';
import { network } from '../network/network.ts';
import { ingressController } from '../network/ingress/controller.ts';
import { traffic, type TrafficOptions } from '../network/traffic/generator.ts';
import type { Node } from '../object/types.ts';
import { managerOf } from '../operator/controller.ts';
import { operatorActors } from '../operator/operator.ts';
import type { Scenario, Traffic } from '../scenario/scenario.ts';
import { kubeScheduler } from '../scheduler/scheduler.ts';
import { apiServerIds, controllerManagerIds } from './actor-ids.ts';
import { SERVICE_CIDR, type Backup, type ClusterConfig, type ClusterExtensions, type Component } from './config.ts';
import { backupOf } from './import.ts';
import { gateway } from './gateway.ts';
import { injectionOf } from './injection.ts';
import { kubectl, type ResourceOf } from './kubectl.ts';
import { internalIP, machineOf, nodesOf } from './node.ts';
import { nodeScenario } from './node-scenario.ts';
import { localPathProvisioner } from '../storage/local-path-provisioner.ts';
import { CLOUD_TIME, COMMIT_TIME, STORAGE_TIME } from './timing.ts';
import { webhook } from './webhook.ts';
import { webhookCaller } from './webhook-caller.ts';

/** The tenth address of the Service range, as kubeadm gives it. */
export const CLUSTER_DNS = '10.96.0.10';
const CLUSTER_CIDR = '10.244.0.0/16';
const RUNTIME_TIMING = { realistic: REALISTIC_TIMING, fast: FAST_TIMING, zero: ZERO_TIMING } as const;

/** Kubelets relist once a second, each at a moment of its own. */
const RELIST_SPREAD = 1_000_000;

/** The addresses of a simulated cloud's load balancers: TEST-NET-3 (RFC 5737). */
const LOAD_BALANCER_IPS = Array.from({ length: 254 }, (_, index) => `203.0.113.${index + 1}`);
/** Where the ingress controller is reached, outside of what load balancers get. */
const INGRESS_IP = '203.0.113.255';

/** How long a sync of the rules takes, in µs. */
const RULE_SYNC = { min: 20_000, max: 60_000 };

/** Where the objects of a kind live. Custom kinds are not known here; the server finds them by their plural. */
export const resourceOf: ResourceOf = (apiVersion, kind) => {
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion];
  const info = resourceOfKind(group, kind) ?? KINDS.find((entry) => entry.kind === kind && entry.group === group);
  if (info === undefined || !info.versions.some((served) => served.version === version)) return undefined;
  return { resource: { group, version, resource: info.resource }, namespaced: info.namespaced };
};

/** Takes an actor, or what takes its place. */
type Spawn = (spec: ActorSpec) => void;

/**
 * Builds a cluster on a new kernel. Nothing has happened yet: call `run`. A component that is restarted `with` other values of the
 * configuration is as if its flags had been changed.
 */
export function buildCluster(config: ClusterConfig, options: KernelOptions, extensions: ClusterExtensions = {}): Kernel {
  const injection = options.network === undefined ? injectionOf(config) : undefined;
  const kernel = new Kernel({
    ...options,
    ...(injection === undefined ? {} : { network: injection.network }),
    reconfigure: (actor, changes) => specsOf({ ...config, ...(changes as Partial<ClusterConfig>) }, extensions).find(({ id }) => id === actor)?.behavior,
  });
  for (const spec of specsOf(config, extensions)) kernel.spawn(spec);
  injection?.attach(kernel);
  return kernel;
}

/** Every actor of a cluster, in the order in which they start. */
function specsOf(config: ClusterConfig, extensions: ClusterExtensions): readonly ActorSpec[] {
  const specs: ActorSpec[] = [];
  const { components = {}, backup, loops } = extensions;
  const spawn: Spawn = (spec) => void specs.push(components[spec.type]?.(spec) ?? spec);
  const servers = apiServerIds(config.apiServers);
  const nodes = nodesOf(config.nodes);
  const has = (component: Component): boolean => !config.disable.includes(component);
  const { epoch } = config;
  const { steps = [], traffic: flows = [] } = config.scenario as Scenario;
  const shared = { servers, epoch };
  spawn(etcd({ commitTime: COMMIT_TIME[config.timing], ...storedAtStart(config, backup) }));
  const hooks = Object.entries(extensions.webhooks ?? {}).map(([name, handle]) => webhook(name, handle));
  const webhooks = { actors: hooks.map(({ id }) => id), isOutsideReachable: config.gateway };
  for (const [index, id] of servers.entries()) {
    spawn(kubeApiServer({ id, epoch, serviceCidr: SERVICE_CIDR, authorization: config.authorization, bootstrap: index === 0, policyObjects: config.policyObjects, isReachedByPods: index === 0 && (config.policyObjects || config.authorization === 'RBAC'), isOneOfMany: servers.length > 1, ...(config.securePort === undefined ? {} : { securePort: config.securePort }), webhooks, ...aggregatedApis(config) }));
  }
  for (const hook of hooks) spawn(hook);
  if (has('kube-controller-manager')) {
    const managers = controllerManagerIds(config.controllerManagers ?? 1);
    const flags = { clusterCIDRs: [CLUSTER_CIDR], serviceCIDRs: [SERVICE_CIDR], ...config.controllerManager, ...shared, leaderElect: managers.length > 1 };
    for (const id of managers) spawn(kubeControllerManager({ ...flags, id }, loops));
  }
  if (has('kube-scheduler')) spawnSchedulers(spawn, config, extensions);
  spawn(network({ ...shared, isInstant: config.timing === 'zero' }));
  if (has('coredns')) spawn(coreDns({ ...shared, ip: CLUSTER_DNS }));
  const proxies = new KubeProxyShared({ mode: config.proxyMode, clusterCIDR: CLUSTER_CIDR });
  for (const node of nodes) spawnNode(spawn, config, node, proxies, has, extensions.programs);
  spawnAddons(spawn, config, has);
  for (const definition of extensions.controllers ?? []) operatorActors(managerOf(definition), shared).forEach(spawn);
  if (config.gateway) {
    spawn(gateway(servers));
    spawn(webhookCaller());
  }
  spawn(
    kubectl({
      servers,
      manifests: config.manifests,
      resourceOf,
      nodes: has('kubelet') ? nodes.length : 0,
      awaitsServiceAccount: has('kube-controller-manager'),
      script: steps,
    }),
  );
  for (const [index, flow] of flows.entries()) spawn(traffic(trafficOf(flow, index, nodes)));
  return specs;
}

function storedAtStart({ restore = [] }: ClusterConfig, backup: Backup | undefined): EtcdOptions {
  if (backup !== undefined) return { store: Store.restored(backup.values, backup.revision) };
  if (restore.length === 0) return {};
  const { values, revision } = backupOf(restore);
  return { store: Store.restored(values, revision), tellsStart: true };
}

/** Somebody on a node has an address of its pods, somebody outside one that is nobody's. */
function trafficOf(flow: Traffic, index: number, nodes: readonly Node[]): TrafficOptions {
  const cidr = nodes.find(({ metadata }) => metadata.name === flow.node)?.spec.podCIDR;
  const fromIp = cidr === undefined ? `198.51.100.${1 + (index % 250)}` : cidr.replace(/\.0\/24$/, `.${254 - (index % 50)}`);
  const searches = ['default.svc.cluster.local', 'svc.cluster.local', 'cluster.local'];
  return { ...flow, fromIp, resolver: { nameservers: [CLUSTER_DNS], searches, ndots: 5 } };
}

/** Logs from before schedulers could be configured have no list of them. */
function spawnSchedulers(spawn: Spawn, config: ClusterConfig, { schedulerPlugins }: ClusterExtensions): void {
  const { epoch, explainScheduling: explain = false, schedulers = [{}] } = config;
  const plugins = schedulerPlugins === undefined ? {} : { plugins: schedulerPlugins };
  for (const scheduler of schedulers) spawn(kubeScheduler({ servers: apiServerIds(config.apiServers), epoch, explain, ...scheduler, ...plugins }));
}

/** Which APIs another actor serves. */
function aggregatedApis({ addons = [] }: ClusterConfig): Pick<ApiServerOptions, 'aggregated'> {
  return addons.includes('metrics-server') ? { aggregated: METRICS_APIS.map((api) => ({ ...api, actor: METRICS_SERVER })) } : {};
}

/** Logs from before there were addons have no list of them. Storage is of no use where nothing binds or runs. */
function spawnAddons(spawn: Spawn, config: ClusterConfig, has: (component: Component) => boolean): void {
  const { epoch, timing, addons = [] } = config;
  const servers = apiServerIds(config.apiServers);
  if (addons.includes('local-path-provisioner') && has('kube-controller-manager') && has('kubelet')) {
    spawn(localPathProvisioner({ servers, epoch, workTime: STORAGE_TIME[timing] }));
  }
  if (addons.includes('cloud-controller-manager')) spawn(cloudControllerManager({ servers, epoch, loadBalancerIPs: LOAD_BALANCER_IPS, ...CLOUD_TIME[timing] }));
  if (addons.includes('ingress-controller')) spawn(ingressController({ servers, epoch, ip: INGRESS_IP }));
  if (addons.includes('metrics-server')) {
    const { metrics: series = [] } = config.scenario as { readonly metrics?: readonly MetricSeries[] };
    spawn(metricsServer({ servers, epoch, series, scrapes: has('kubelet') }));
  }
}

function spawnNode(spawn: Spawn, config: ClusterConfig, node: Node, proxies: KubeProxyShared, has: (component: Component) => boolean, programs: ClusterExtensions['programs'] = {}): void {
  const { name } = node.metadata;
  const { epoch, timing } = config;
  const servers = apiServerIds(config.apiServers);
  const podCidr = node.spec.podCIDR;
  const { runtime = 'containerd', kubelet: settings = {}, machine, images = [], registry = [] } = nodeScenario(config, name);
  if (has('kubelet')) {
    spawn(
      containerRuntime({
        node: name,
        epoch,
        nodeIps: [internalIP(node)],
        timing: RUNTIME_TIMING[timing],
        present: config.images,
        ...machineOf(node),
        runtime,
        behaviours: images,
        programs,
        registry,
        ...(podCidr === undefined ? {} : { podCidr }),
        ...(node.status.images === undefined ? {} : { images: node.status.images }),
      }),
    );
    spawn(kubelet({ ...settings, node: name, servers, epoch, template: node, clusterDns: CLUSTER_DNS, runtime, ...(machine === undefined ? {} : { machine }), ...(timing === 'realistic' ? { startSpread: RELIST_SPREAD } : {}) }));
  }
  if (has('kube-proxy')) spawn(kubeProxy({ node: name, servers, epoch, shared: proxies, ...(timing === 'realistic' ? { syncTime: RULE_SYNC } : {}) }));
}
