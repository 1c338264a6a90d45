/**
 * `KubeSchedulerConfiguration` of kubescheduler.config.k8s.io/v1 as users write it, and its defaults.
 *
 * Source: pkg/scheduler/apis/config/{types,types_pluginargs}.go, apis/config/v1/{defaults,default_plugins}.go.
 */

export interface PluginReference {
  readonly name: string;
  readonly weight?: number;
}

export interface PluginSet {
  readonly enabled?: readonly PluginReference[];
  /** The name `*` disables all defaults of the point. */
  readonly disabled?: readonly PluginReference[];
}

export type ExtensionPoint =
  | 'preEnqueue'
  | 'queueSort'
  | 'preFilter'
  | 'filter'
  | 'postFilter'
  | 'preScore'
  | 'score'
  | 'reserve'
  | 'permit'
  | 'preBind'
  | 'bind'
  | 'postBind';

export type Plugins = { readonly [Point in ExtensionPoint | 'multiPoint']?: PluginSet };

export interface PluginConfig {
  readonly name: string;
  readonly args?: unknown;
}

export interface ProfileConfiguration {
  readonly schedulerName?: string;
  readonly percentageOfNodesToScore?: number;
  readonly plugins?: Plugins;
  readonly pluginConfig?: readonly PluginConfig[];
}

export interface SchedulerConfiguration {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly parallelism?: number;
  readonly percentageOfNodesToScore?: number;
  readonly podInitialBackoffSeconds?: number;
  readonly podMaxBackoffSeconds?: number;
  readonly clientConnection?: { readonly qps?: number; readonly burst?: number };
  readonly leaderElection?: { readonly leaderElect?: boolean; readonly resourceName?: string };
  readonly delayCacheUntilActive?: boolean;
  readonly profiles?: readonly ProfileConfiguration[];
}

export const DEFAULT_SCHEDULER_NAME = 'default-scheduler';
export const DEFAULT_INITIAL_BACKOFF_SECONDS = 1;
export const DEFAULT_MAX_BACKOFF_SECONDS = 10;

export const EXTENSION_POINTS: readonly ExtensionPoint[] = [
  'preEnqueue', 'queueSort', 'preFilter', 'filter', 'postFilter', 'preScore', 'score', 'reserve', 'permit', 'preBind',
  'bind', 'postBind',
];

/** The plugins that are enabled at every point they implement, in order, with their score weights. */
export const DEFAULT_MULTI_POINT: readonly PluginReference[] = [
  { name: 'SchedulingGates' },
  { name: 'PrioritySort' },
  { name: 'NodeUnschedulable' },
  { name: 'NodeName' },
  { name: 'TaintToleration', weight: 3 },
  { name: 'NodeAffinity', weight: 2 },
  { name: 'NodePorts' },
  { name: 'NodeResourcesFit', weight: 1 },
  { name: 'VolumeRestrictions' },
  { name: 'NodeVolumeLimits' },
  { name: 'VolumeBinding' },
  { name: 'VolumeZone' },
  { name: 'PodTopologySpread', weight: 2 },
  { name: 'InterPodAffinity', weight: 2 },
  { name: 'DefaultPreemption' },
  { name: 'NodeResourcesBalancedAllocation', weight: 1 },
  { name: 'ImageLocality', weight: 1 },
  { name: 'DefaultBinder' },
];
