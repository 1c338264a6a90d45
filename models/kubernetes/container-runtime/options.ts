/** What a node's container runtime is given. Plain data except for the programs that a user plugs in. */
import type { ImageBehaviour } from './image/behaviour.ts';
import type { RegistryRule } from './image-store.ts';
import type { Program } from './process/wait.ts';

/** A range in µs from which a duration is drawn. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** How long the runtime's work takes. */
export interface RuntimeTiming {
  readonly runSandbox: Range;
  readonly stopSandbox: Range;
  readonly createContainer: Range;
  readonly startContainer: Range;
  readonly exec: Range;
  readonly query: Range;
}

export interface ContainerRuntimeOptions {
  readonly node: string;
  /** Wall time at the run's start, ms since 1970. */
  readonly epoch: number;
  readonly nodeIps: readonly string[];
  readonly podCidr?: string;
  /** The machine's memory and disk; without them nothing on the node ever runs short. */
  readonly memoryBytes?: number;
  readonly diskBytes?: number;
  readonly runtime?: 'containerd' | 'cri-o' | 'docker';
  readonly version?: string;
  readonly timing?: RuntimeTiming;
  /** Images that are there without a pull; `*` means all. */
  readonly present?: readonly string[];
  /** Images as the node's status lists them. */
  readonly images?: readonly { readonly names?: readonly string[]; readonly sizeBytes?: number }[];
  readonly registry?: readonly RegistryRule[];
  readonly behaviours?: readonly ImageBehaviour[];
  /** Programs by image name (a part of it), instead of what the image would run. */
  readonly programs?: Readonly<Record<string, Program>>;
}

const ms = (min: number, max: number): Range => ({ min: min * 1000, max: max * 1000 });

/**
 * From the recordings of a real cluster (three nodes with containerd on one machine), tenth to ninetieth percentile: 440 to 760 ms
 * from the binding to the sandbox with its volumes, 15 to 76 ms to create and 75 to 210 ms to start a container, 180 ms at least
 * from the deletion to the end of a sandbox whose containers exit at once.
 */
export const REALISTIC_TIMING: RuntimeTiming = {
  runSandbox: ms(100, 330),
  stopSandbox: ms(110, 230),
  createContainer: ms(10, 50),
  startContainer: ms(60, 150),
  exec: ms(30, 80),
  query: ms(1, 3),
};

export const FAST_TIMING: RuntimeTiming = {
  runSandbox: ms(5, 10),
  stopSandbox: ms(1, 3),
  createContainer: ms(1, 2),
  startContainer: ms(2, 5),
  exec: ms(1, 2),
  query: { min: 50, max: 100 },
};

const NONE: Range = { min: 0, max: 0 };

export const ZERO_TIMING: RuntimeTiming = {
  runSandbox: NONE, stopSandbox: NONE, createContainer: NONE, startContainer: NONE, exec: NONE, query: NONE,
};
