/**
 * Eviction thresholds: how much of what has to be left (pkg/kubelet/eviction/helpers.go, eviction/api/types.go).
 */
import { isRight } from 'fp-ts/lib/Either.js';
import { parseQuantity, quantityValue } from '../../object/quantity.ts';
import { parseDuration } from '../../../../src/cli/duration.ts';
import type { NodeStats } from '../../api/cri.ts';
import type { KubeletConfiguration } from '../options.ts';

export type Signal = 'memory.available' | 'nodefs.available' | 'nodefs.inodesFree' | 'imagefs.available' | 'imagefs.inodesFree' | 'pid.available';

/** The node condition that a signal sets, and the resource that is reclaimed. */
export const SIGNALS: Readonly<Record<Signal, { readonly condition: 'MemoryPressure' | 'DiskPressure' | 'PIDPressure'; readonly resource: string }>> = {
  'memory.available': { condition: 'MemoryPressure', resource: 'memory' },
  'nodefs.available': { condition: 'DiskPressure', resource: 'ephemeral-storage' },
  'nodefs.inodesFree': { condition: 'DiskPressure', resource: 'inodes' },
  'imagefs.available': { condition: 'DiskPressure', resource: 'ephemeral-storage' },
  'imagefs.inodesFree': { condition: 'DiskPressure', resource: 'inodes' },
  'pid.available': { condition: 'PIDPressure', resource: 'pids' },
};

/** defaults_linux.go: DefaultEvictionHard. */
const DEFAULT_HARD: Readonly<Record<string, string>> = {
  'memory.available': '100Mi', 'nodefs.available': '10%', 'nodefs.inodesFree': '5%', 'imagefs.available': '15%', 'imagefs.inodesFree': '5%',
};

/** An amount, absolute or as a part of the capacity. */
export type Amount = { readonly bytes: number } | { readonly part: number };

export interface Threshold {
  readonly signal: Signal;
  readonly value: Amount;
  /** 0 is a hard threshold. */
  readonly graceUs: number;
  readonly minReclaim: Amount | undefined;
}

export interface Observation {
  readonly capacity: number;
  readonly available: number;
}

function amountOf(text: string): Amount | undefined {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (percent !== undefined) return { part: Number(percent) / 100 };
  const parsed = parseQuantity(text);
  return isRight(parsed) ? { bytes: quantityValue(parsed.right) } : undefined;
}

/** The thresholds of a configuration; those of 0 or 100 % are off. */
export function thresholdsOf(configuration: KubeletConfiguration): Threshold[] {
  const { evictionHard = DEFAULT_HARD, evictionSoft = {}, evictionSoftGracePeriod = {}, evictionMinimumReclaim = {} } = configuration;
  const thresholds: Threshold[] = [];
  const add = (signal: string, text: string, graceUs: number): void => {
    const value = amountOf(text);
    if (!Object.hasOwn(SIGNALS, signal) || value === undefined || text === '0%' || text === '100%') return;
    const reclaim = evictionMinimumReclaim[signal];
    thresholds.push({ signal: signal as Signal, value, graceUs, minReclaim: reclaim === undefined ? undefined : amountOf(reclaim) });
  };
  for (const [signal, text] of Object.entries(evictionHard)) add(signal, text, 0);
  for (const [signal, text] of Object.entries(evictionSoft)) add(signal, text, parseDuration(evictionSoftGracePeriod[signal] ?? '') ?? 0);
  return thresholds;
}

/** GetThresholdQuantity: a part of the capacity is cut to whole units. */
export function quantityIn(amount: Amount, capacity: number): number {
  return 'bytes' in amount ? amount.bytes : Math.floor(capacity * amount.part);
}

/** What is left of each thing (helpers.go, makeSignalObservations). */
export function observe({ memory, disk, pids }: NodeStats): Readonly<Record<Signal, Observation>> {
  const bytes = { capacity: disk.capacityBytes, available: Math.max(0, disk.capacityBytes - disk.usedBytes) };
  const inodes = { capacity: disk.inodes, available: Math.max(0, disk.inodes - disk.inodesUsed) };
  return {
    'memory.available': { capacity: memory.capacityBytes, available: Math.max(0, memory.capacityBytes - memory.usedBytes) },
    'nodefs.available': bytes,
    'nodefs.inodesFree': inodes,
    'imagefs.available': bytes,
    'imagefs.inodesFree': inodes,
    'pid.available': { capacity: pids.max, available: Math.max(0, pids.max - pids.running) },
  };
}

/** Those thresholds that are crossed. `withReclaim`: they count as crossed until the minimum reclaim is there too. */
export function thresholdsMet(thresholds: readonly Threshold[], observations: Readonly<Record<Signal, Observation>>, withReclaim: boolean): Threshold[] {
  return thresholds.filter(({ signal, value, minReclaim }) => {
    const { capacity, available } = observations[signal];
    const reclaim = withReclaim && minReclaim !== undefined ? quantityIn(minReclaim, capacity) : 0;
    return quantityIn(value, capacity) + reclaim > available;
  });
}
