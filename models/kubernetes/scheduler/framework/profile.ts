/**
 * A scheduler profile, ready to run: the plugins of every extension point in order, and score weights.
 *
 * Source: pkg/scheduler/framework/runtime/framework.go, pkg/scheduler/profile/profile.go.
 */
import type { Plugin } from './plugin.ts';

export interface ScorePlugin {
  readonly plugin: Plugin;
  readonly weight: number;
}

export interface Profile {
  readonly schedulerName: string;
  /** 0: adaptive by cluster size. */
  readonly percentageOfNodesToScore: number;
  readonly preEnqueue: readonly Plugin[];
  readonly preFilter: readonly Plugin[];
  readonly filter: readonly Plugin[];
  readonly postFilter: readonly Plugin[];
  readonly preScore: readonly Plugin[];
  readonly score: readonly ScorePlugin[];
  readonly reserve: readonly Plugin[];
  readonly permit: readonly Plugin[];
  readonly preBind: readonly Plugin[];
  readonly bind: readonly Plugin[];
  readonly postBind: readonly Plugin[];
}
