/**
 * The Kubernetes model as the engine's tools see it: how a run is made from a log's header.
 */
import type { Kernel, KernelOptions, Message } from '../../../src/index.ts';
import type { LogHeader } from '../../../src/log/header.ts';
import type { NetRules } from '../api/net.ts';
import { readRules } from '../network/written-table.ts';
import { buildCluster } from './cluster.ts';
import type { ClusterConfig } from './config.ts';
import { FINGERPRINT, MODEL } from './header.ts';

/** Makes the run that a header describes, not yet started. */
export function buildRun(header: LogHeader, options: KernelOptions): Kernel {
  return buildCluster(header.config as unknown as ClusterConfig, options);
}

/** A message of a log of level `full` as an actor receives it. */
export const readMessage = (message: Message): Message => (message.kind === 'net.rules' ? readRules(message as unknown as NetRules) as unknown as Message : message);

/** How the engine's verbs make a run of a model: its fingerprint and its `build`. */
export interface RunnableModel {
  readonly fingerprint: string;
  readonly build: typeof buildRun;
  readonly read: typeof readMessage;
}

/** The model of that name, or undefined when this command does not know it. */
export const modelOf = (name: string): RunnableModel | undefined => (name === MODEL ? { fingerprint: FINGERPRINT, build: buildRun, read: readMessage } : undefined);
