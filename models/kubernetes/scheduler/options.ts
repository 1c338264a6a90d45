/**
 * What kube-scheduler is started with: its configuration file and the surroundings.
 *
 * Source: cmd/kube-scheduler/app/options, pkg/scheduler/apis/config/v1/defaults.go.
 */
import type { UserInfo } from '../api/message.ts';
import type { SchedulerConfiguration } from './config/configuration.ts';
import type { PluginFactory } from './config/registry.ts';

export interface SchedulerOptions {
  /** Actor ids of the API servers. */
  readonly servers: readonly string[];
  /** The cluster's epoch, ms since 1970. */
  readonly epoch: number;
  /** The actor's id; default `kube-scheduler`. A second scheduler needs another. */
  readonly id?: string;
  /** `--config`. */
  readonly configuration?: SchedulerConfiguration;
  /** Plugins of your own by name; profiles enable them by that name. */
  readonly plugins?: Readonly<Record<string, PluginFactory>>;
  /** Default false: a simulated cluster has one scheduler unless it says otherwise. */
  readonly leaderElect?: boolean;
  readonly restartDelay?: number;
  readonly user?: UserInfo;
  /** Host name in events' `reportingInstance`. */
  readonly host?: string;
  /** Records, when facts are kept, what every plugin said about every node. */
  readonly explain?: boolean;
  /** Time that one decision takes, µs; default 0. */
  readonly decisionTime?: number;
}

export const COMPONENT = 'kube-scheduler';
/** clientConnection.qps and .burst; events have a limiter of their own with the same numbers. */
export const DEFAULT_QPS = 50;
export const DEFAULT_BURST = 100;
