/**
 * What a cluster is made of, as plain data: it goes into a log's header, and a run is a function of it, the seed and the plan.
 */
import type { ActorSpec } from '../../../src/index.ts';
import type { ControllerDescriptor } from '../controller-manager/controllers.ts';
import type { ControllerManagerOptions } from '../controller-manager/options.ts';
import type { KeyValue } from '../etcd/message.ts';
import type { KubeObject } from '../object/types.ts';
import type { ControllerOrManager } from '../operator/controller.ts';
import type { SchedulerConfiguration } from '../scheduler/config/configuration.ts';
import type { PluginFactory } from '../scheduler/config/registry.ts';
import type { TimingProfile } from './timing.ts';
import type { Program } from '../container-runtime/process/wait.ts';
import type { WebhookHandler } from './webhook.ts';

/** Components that can be left out, so that an external one takes their place. */
export const COMPONENTS = ['kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy', 'coredns'] as const;
export type Component = (typeof COMPONENTS)[number];

/** What clusters have beside Kubernetes itself, each an actor of its own. */
export const ADDONS = ['local-path-provisioner', 'metrics-server', 'cloud-controller-manager', 'ingress-controller'] as const;
export type Addon = (typeof ADDONS)[number];

/** One kube-scheduler of a cluster. */
export interface SchedulerSpec {
  /** The actor's id; each scheduler needs its own. Default `kube-scheduler`. */
  readonly id?: string;
  /** Its `KubeSchedulerConfiguration`: profiles, plugins, arguments. */
  readonly configuration?: SchedulerConfiguration;
}

/** All that a store holds at a revision, without its history. */
export interface Backup {
  readonly revision: number;
  readonly values: readonly KeyValue[];
}

/** Makes an actor that takes the place of a component's. */
export type Replacement = (component: ActorSpec) => ActorSpec;

/**
 * What code adds to a cluster. It is no data, so no log holds it: who replays such a run has to bring the same code.
 */
export interface ClusterExtensions {
  /** Scheduler plugins by name, for the schedulers' profiles to enable. */
  readonly schedulerPlugins?: Readonly<Record<string, PluginFactory>>;
  /** Controllers that run beside the cluster's own: each in a process of its own, or several in a manager. */
  readonly controllers?: readonly ControllerOrManager[];

  /** What takes the place of components, by the type of the actor. */
  readonly components?: Readonly<Record<string, Replacement>>;
  /** The control loops of kube-controller-manager instead of upstream's. */
  readonly loops?: readonly ControllerDescriptor[];
  /** What etcd holds when the cluster starts: it has been up before. */
  readonly backup?: Backup;
  /** Admission webhooks that live in the simulation, by `namespace/service` or by the host of their URL. */
  readonly webhooks?: Readonly<Record<string, WebhookHandler>>;
  /** Programs that containers run instead of what is known about their image, by the image's name or a part of it. */
  readonly programs?: Readonly<Record<string, Program>>;
}

/** What a user may set of kube-controller-manager's flags; the rest follows from the cluster. */
export type ControllerManagerFlags = Omit<ControllerManagerOptions, 'servers' | 'epoch' | 'id' | 'leaderElect' | 'user'>;

export interface ClusterConfig {
  /** Node objects to start with, or how many plain ones. */
  readonly nodes: number | readonly KubeObject[];
  /** Objects that are stored at the start, with their statuses, uids and owners: another cluster's (`import.ts`). */
  readonly restore: readonly KubeObject[];
  /** Objects to apply once the control plane is up, in order, as `kubectl apply` would. */
  readonly manifests: readonly KubeObject[];
  /** Wall time at the run's start, in ms since 1970. */
  readonly epoch: number;
  readonly timing: TimingProfile;
  readonly disable: readonly Component[];
  /** What runs beside Kubernetes itself. The default is a provisioner with the default StorageClass `standard`. */
  readonly addons: readonly Addon[];
  /** The port that API servers are reached at, as the `kubernetes` Service's endpoints say it. Default 6443. */
  readonly securePort?: number;
  /** How many API servers share the etcd. */
  readonly apiServers: number;
  /** How many controller managers elect a leader among them; a single one leads without an election. Default 1. */
  readonly controllerManagers?: number;
  /** Flags of kube-controller-manager that differ from its defaults. */
  readonly controllerManager?: ControllerManagerFlags;
  /** `iptables` unless another mode is asked for. */
  readonly proxyMode: 'iptables' | 'ipvs' | 'nftables' | 'userspace';
  /** Image names that nodes have without pulling; `*` means all. */
  readonly images: readonly string[];
  readonly authorization: 'AlwaysAllow' | 'RBAC';
  /** Whether the store gets RBAC's built-in roles, flow schemas and APIServices at the start (some 210 objects). With RBAC it always does. */
  readonly policyObjects: boolean;
  /** The kube-schedulers; the default is one with the default profile. */
  readonly schedulers: readonly SchedulerSpec[];
  /** Whether schedulers keep, with each decision, what every plugin said about every node. */
  readonly explainScheduling: boolean;
  /** Whether requests from outside can enter: by `serve`, also of a run that is continued later. */
  readonly gateway: boolean;
  /** What scenario files add: image behaviours, traffic, faults. Each component reads its own part. */
  readonly scenario: Readonly<Record<string, unknown>>;
}

/** The Service range of the recorded cluster. */
export const SERVICE_CIDR = '10.96.0.0/16';

/** 2025-01-01T00:00:00Z: a fixed start, so that runs are the same on every day. */
export const DEFAULT_EPOCH = 1_735_689_600_000;

export const DEFAULT_CONFIG: ClusterConfig = {
  nodes: 3,
  restore: [],
  manifests: [],
  epoch: DEFAULT_EPOCH,
  timing: 'realistic',
  disable: [],
  addons: ['local-path-provisioner'],
  apiServers: 1,
  proxyMode: 'iptables',
  images: ['*'],
  authorization: 'AlwaysAllow',
  policyObjects: false,
  schedulers: [{}],
  explainScheduling: false,
  gateway: true,
  scenario: {},
};
