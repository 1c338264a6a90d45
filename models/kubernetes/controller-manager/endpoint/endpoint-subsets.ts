/**
 * The subsets of an Endpoints object: ports that the same addresses offer together, in a canonical order, at most 1000 addresses.
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

/** Who offers a port: addresses by their keys, and whether each is ready there. */
type Offers = Map<string, EndpointEntry>;

/**
 * Packs entries: each port has the set of addresses that offer it, and ports with the same set share a subset. So a port that
 * only some of the addresses have stands apart from one that all have, and an address may be in several subsets.
 */
export function packSubsets(entries: readonly EndpointEntry[]): core.EndpointSubset[] {
  const byPort = new Map<string, { port: core.EndpointPort | undefined; offers: Offers }>();
  for (const entry of entries) for (const port of entry.ports.length === 0 ? [undefined] : entry.ports) offer(byPort, port, entry);
  const bySet = new Map<string, { offers: Offers; ports: core.EndpointPort[] }>();
  for (const { port, offers } of byPort.values()) {
    const key = [...offers].map(([address, { isReady }]) => `${address} ${isReady}`).sort().join(';');
    const set = bySet.get(key) ?? { offers, ports: [] };
    if (port !== undefined) set.ports.push(port);
    bySet.set(key, set);
  }
  const subsets = [...bySet.values()].map(({ offers, ports }) => {
    const all = [...offers.values()];
    const ready = all.filter(({ isReady }) => isReady).map(({ address }) => address);
    const notReady = all.filter(({ isReady }) => !isReady).map(({ address }) => address);
    return {
      ...(ready.length > 0 ? { addresses: ready.sort(byIP) } : {}),
      ...(notReady.length > 0 ? { notReadyAddresses: notReady.sort(byIP) } : {}),
      ...(ports.length > 0 ? { ports: sortedByHash('v1.EndpointPort', ports) } : {}),
    };
  });
  return sortedByHash('v1.EndpointSubset', subsets);
}

/** An address that is not ready somewhere is not ready for that port. */
function offer(byPort: Map<string, { port: core.EndpointPort | undefined; offers: Offers }>, port: core.EndpointPort | undefined, entry: EndpointEntry): void {
  const name = port === undefined ? '' : canonicalText(port);
  const known = byPort.get(name) ?? { port, offers: new Map<string, EndpointEntry>() };
  const key = addressKey(entry.address);
  if (known.offers.get(key)?.isReady !== false) known.offers.set(key, entry);
  byPort.set(name, known);
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
