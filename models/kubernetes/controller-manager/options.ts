/**
 * The options of kube-controller-manager, named after its flags, with 1.32's defaults where one is missing.
 *
 * Source: cmd/kube-controller-manager/app/options, pkg/controller/apis/config/v1alpha1/defaults.go.
 */
import type { UserInfo } from '../api/message.ts';

export interface ControllerManagerOptions {
  /** Actor ids of the API servers. */
  readonly servers: readonly string[];
  /** The cluster's epoch, ms since 1970. */
  readonly epoch: number;
  /** The actor's id; default `kube-controller-manager`. A second one for leader election needs another. */
  readonly id?: string;
  /** `--controllers`: `*` for all that are on by default, `name` for one, `-name` for all but one. Default `['*']`. */
  readonly controllers?: readonly string[];
  /** `--leader-elect`; default false. */
  readonly leaderElect?: boolean;
  /** How long a supervisor takes to start the process again after it has lost the lease, µs; default 1 s. */
  readonly restartDelay?: number;
  /** `--kube-api-qps`, `--kube-api-burst`: 20 and 30. */
  readonly qps?: number;
  readonly burst?: number;
  /** `--use-service-account-credentials`. */
  readonly useServiceAccountCredentials?: boolean;
  readonly user?: UserInfo;
  /** `--min-resync-period`, µs; default 12 h. */
  readonly minResyncPeriod?: number;
  /** Whether informers get their first state by a watch (WatchListClient, on upstream). Default true. */
  readonly watchList?: boolean;
  /** `--node-monitor-period`, `--node-monitor-grace-period`, `--node-startup-grace-period`, µs: 5 s, 50 s, 60 s. */
  readonly nodeMonitorPeriod?: number;
  readonly nodeMonitorGracePeriod?: number;
  readonly nodeStartupGracePeriod?: number;
  /** `--node-eviction-rate`, `--secondary-node-eviction-rate`, nodes per second: 0.1, 0.01. */
  readonly nodeEvictionRate?: number;
  readonly secondaryNodeEvictionRate?: number;
  /** `--large-cluster-size-threshold`, `--unhealthy-zone-threshold`: 50, 0.55. */
  readonly largeClusterSizeThreshold?: number;
  readonly unhealthyZoneThreshold?: number;
  /** `--terminated-pod-gc-threshold`: 12500. */
  readonly terminatedPodGCThreshold?: number;
  /** `--allocate-node-cidrs`, `--cluster-cidr`, `--service-cluster-ip-range`. */
  readonly allocateNodeCIDRs?: boolean;
  readonly clusterCIDRs?: readonly string[];
  readonly serviceCIDRs?: readonly string[];
  readonly nodeCIDRMaskSizeIPv4?: number;
  readonly nodeCIDRMaskSizeIPv6?: number;
  /** The root CA that pods are given (`--root-ca-file`); default a fixed text. */
  readonly rootCA?: string;
  /** `--legacy-service-account-token-clean-up-period`, µs: 365 days. */
  readonly legacyServiceAccountTokenCleanUpPeriod?: number;
  /** Whether a service account key is there (`--service-account-private-key-file`); default true. */
  readonly serviceAccountKey?: boolean;
  /** Whether a signing CA is there (`--cluster-signing-cert-file`); default true. */
  readonly clusterSigning?: boolean;
  /** `--horizontal-pod-autoscaler-sync-period`, µs: 15 s; `-downscale-stabilization` 5 min; `-tolerance` 0.1. */
  readonly hpaSyncPeriod?: number;
  readonly hpaDownscaleStabilization?: number;
  readonly hpaTolerance?: number;
  readonly hpaCPUInitializationPeriod?: number;
  readonly hpaInitialReadinessDelay?: number;
}
