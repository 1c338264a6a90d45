/**
 * What a kind of fault is: a name, a sentence, what it does, and how a campaign draws one.
 *
 * To add a kind: write it into the file of its family as a {@link FaultKind} and add it to `vocabulary.ts`. It can then be used in
 * plans and scenario files (`kind: <name>`), by `serve`'s `POST /_sim/faults`, and in campaigns.
 */
import type { Kernel } from '../../../src/index.ts';
import type { ModelAction } from '../../../src/fault/injector.ts';
import type { Json, Sfc32 } from '../../../src/index.ts';
import type { ClusterConfig } from '../cluster/config.ts';
import type { StreamNetwork } from './network.ts';

/** What faults act on, besides the kernel. */
export interface Surroundings {
  readonly config: ClusterConfig;
  readonly network: StreamNetwork;
}

export type Arguments = { readonly [name: string]: Json };

/** Draws one of n; from the stream of the fault. */
export type Draw = (kind: string, n: number) => number;

export interface FaultKind {
  readonly name: string;
  /** One sentence: what happens. */
  readonly what: string;
  /** Arguments by name, each with what it means; the ones that may be left out are drawn. */
  readonly args: Readonly<Record<string, string>>;
  /** True when it lasts (`for`); false when it is over at once. */
  readonly lasts: boolean;
  readonly action: (around: Surroundings) => ModelAction;
  /** How often a campaign draws it, against the others. Default 1. */
  readonly weight?: number;
  /** Arguments for a campaign; absent: none. */
  readonly sample?: (random: Sfc32, config: ClusterConfig) => Arguments;
  /** Events of the model (`replicaset.created`) around which it shows most: a campaign mostly lets it begin at one of them. */
  readonly moments?: readonly string[];
  /** The shortest that a campaign lets it last, µs. Default: a tenth of a second. */
  readonly shortest?: number;
  /** The longest, µs. Default: up to the horizon. */
  readonly longest?: number;
}

/** Who owns pods is made before them: a cache that lags from here on shows it without them. */
export const OWNERS_MADE = ['replicaset.created', 'job.created', 'daemonset.created', 'statefulset.created'] as const;

/** The argument `name` as text, or one drawn among `candidates`; undefined when there is none. */
export function chosen(args: Arguments, name: string, candidates: readonly string[], draw: Draw): string | undefined {
  const given = args[name];
  if (typeof given === 'string') return given;
  return candidates.length === 0 ? undefined : candidates[draw(name, candidates.length)];
}

/** Ids of the actors of a type that are up, in the order of their start. */
export function actorsOf(kernel: Kernel, type: string): readonly string[] {
  return kernel.actors().filter((actor) => actor.type === type && actor.isUp).map(({ id }) => id);
}

/** Types of actors that are clients of the API server. */
export const CLIENT_TYPES = ['kube-controller-manager', 'kube-scheduler', 'kubelet', 'kube-proxy'] as const;

/** Ids of the API server's clients that are up. */
export function clientsOf(kernel: Kernel): readonly string[] {
  return CLIENT_TYPES.flatMap((type) => actorsOf(kernel, type));
}
