/**
 * The Kubernetes model as the engine's tools see it: how a run is made from a log's header.
 */
import type { Kernel, KernelOptions } from '../../../src/index.ts';
import type { LogHeader } from '../../../src/log/header.ts';
import { buildCluster } from './cluster.ts';
import type { ClusterConfig } from './config.ts';
import { FINGERPRINT, MODEL } from './header.ts';

/** Makes the run that a header describes, not yet started. */
export function buildRun(header: LogHeader, options: KernelOptions): Kernel {
  return buildCluster(header.config as unknown as ClusterConfig, options);
}

/** How the engine's verbs make a run of a model: its fingerprint and its `build`. */
export interface RunnableModel {
  readonly fingerprint: string;
  readonly build: typeof buildRun;
}

/** The model of that name, or undefined when this command does not know it. */
export const modelOf = (name: string): RunnableModel | undefined => (name === MODEL ? { fingerprint: FINGERPRINT, build: buildRun } : undefined);
