/**
 * The Kubernetes model as the engine's tools see it: how a run is made from a log's header.
 */
import type { Kernel, KernelOptions, Json } from '../../../src/index.ts';
import { canonical } from '../../../src/log/canonical.ts';
import type { LogHeader } from '../../../src/log/header.ts';
import { buildCluster } from './cluster.ts';
import type { ClusterConfig } from './config.ts';

export const MODEL = 'kubernetes';
/** Changes when a run of the same configuration may differ from what the version before did. */
export const FINGERPRINT = 'kubernetes-1.32/0.1.0';

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

/**
 * A configuration as a log's header gives it back: members of objects in canonical order. A run that is logged begins with this form,
 * since the order of members can show (in the order of edits, say), and a replay has no other.
 */
export const asLogged = (config: ClusterConfig): ClusterConfig => JSON.parse(canonical(configJson(config))) as ClusterConfig;

/** A configuration as JSON for the header. */
export const configJson = (config: ClusterConfig): Json => config as unknown as Json;
