/**
 * The subsets of an Endpoints object: addresses with equal ports together, in a canonical order, at most 1000 addresses.
 *
 * Source: pkg/api/v1/endpoints/util.go (RepackSubsets), pkg/controller/endpoint/endpoints_controller.go (truncateEndpoints).
 */
import { canonicalText } from '../../client/canonical-text.ts';
import { sortedByHash } from '../../object/go/by-hash.ts';
import type { core } from '../../object/types.ts';

/** endpoints_controller.go: maxCapacity. */
export const CAPACITY_MAX = 1000;

/** One address with its ports, before packing. */
export interface EndpointEntry {
  readonly address: core.EndpointAddress;
  readonly ports: readonly core.EndpointPort[];
  readonly isReady: boolean;
}

/** Packs entries: an address's ports are joined, addresses with the same ports share a subset, and everything is sorted. */
export function packSubsets(entries: readonly EndpointEntry[]): core.EndpointSubset[] {
  const byAddress = new Map<string, { entry: EndpointEntry; ports: Map<string, core.EndpointPort> }>();
  for (const entry of entries) {
    const key = `${entry.isReady} ${addressKey(entry.address)}`;
    const known = byAddress.get(key) ?? { entry, ports: new Map<string, core.EndpointPort>() };
    for (const port of entry.ports) known.ports.set(canonicalText(port), port);
    byAddress.set(key, known);
  }
  const byPorts = new Map<string, { ports: core.EndpointPort[]; ready: core.EndpointAddress[]; notReady: core.EndpointAddress[] }>();
  for (const { entry, ports } of byAddress.values()) {
    const keys = [...ports.keys()].sort();
    const key = keys.join(';');
    const subset = byPorts.get(key) ?? { ports: sortedByHash('v1.EndpointPort', [...ports.values()]), ready: [], notReady: [] };
    (entry.isReady ? subset.ready : subset.notReady).push(entry.address);
    byPorts.set(key, subset);
  }
  const subsets = [...byPorts.values()].map(({ ports, ready, notReady }) => ({
    ...(ready.length > 0 ? { addresses: ready.sort(byIP) } : {}),
    ...(notReady.length > 0 ? { notReadyAddresses: notReady.sort(byIP) } : {}),
    ...(ports.length > 0 ? { ports } : {}),
  }));
  return sortedByHash('v1.EndpointSubset', subsets);
}

function addressKey(address: core.EndpointAddress): string {
  return `${address.ip} ${address.targetRef?.uid ?? ''}`;
}

function byIP(a: core.EndpointAddress, b: core.EndpointAddress): number {
  const [left, right] = [addressKey(a), addressKey(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

export const countAddresses = (subsets: readonly core.EndpointSubset[] | undefined): number =>
  (subsets ?? []).reduce((sum, { addresses = [], notReadyAddresses = [] }) => sum + addresses.length + notReadyAddresses.length, 0);

/** The subsets cut to the capacity: ready addresses first, each subset in proportion. The same subsets when they fit. */
export function truncateSubsets(subsets: readonly core.EndpointSubset[]): readonly core.EndpointSubset[] {
  if (countAddresses(subsets) <= CAPACITY_MAX) return subsets;
  const ready = subsets.reduce((sum, { addresses = [] }) => sum + addresses.length, 0);
  const notReady = countAddresses(subsets) - ready;
  const readyMax = Math.min(ready, CAPACITY_MAX);
  const readyShares = shares(subsets.map(({ addresses = [] }) => addresses.length), ready, readyMax);
  const otherShares = shares(subsets.map(({ notReadyAddresses = [] }) => notReadyAddresses.length), notReady, CAPACITY_MAX - readyMax);
  return subsets
    .map(({ addresses = [], notReadyAddresses = [], ports = [] }, index) => {
      const kept = addresses.slice(0, readyShares[index]);
      const others = notReadyAddresses.slice(0, otherShares[index]);
      return {
        ...(kept.length > 0 ? { addresses: kept } : {}),
        ...(others.length > 0 ? { notReadyAddresses: others } : {}),
        ...(ports.length > 0 ? { ports } : {}),
      };
    })
    .filter((subset) => countAddresses([subset]) > 0);
}

/** Splits `most` over parts in proportion to their sizes, rounding up until it is used up. */
function shares(sizes: readonly number[], total: number, most: number): number[] {
  let left = most;
  return sizes.map((size) => {
    const share = total === 0 ? 0 : Math.min(size, Math.ceil((size / total) * most), left);
    left -= share;
    return share;
  });
}
