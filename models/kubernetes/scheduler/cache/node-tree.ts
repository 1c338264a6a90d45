/**
 * The order in which nodes are listed: one of each zone in turn, so that sampling the first few covers all zones.
 *
 * Zones come in the order in which they were first seen; an emptied zone loses its place.
 * Source: pkg/scheduler/backend/cache/node_tree.go, component-helpers/node/topology/helpers.go.
 */
import type { Node } from '../../object/types.ts';

const labelOf = (node: Node, beta: string, stable: string): string =>
  node.metadata.labels?.[beta] ?? node.metadata.labels?.[stable] ?? '';

/** Region and zone in one text; '' when the node has neither. */
export const zoneKeyOf = (node: Node): string => {
  const zone = labelOf(node, 'failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone');
  const region = labelOf(node, 'failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region');
  return zone === '' && region === '' ? '' : `${region}:\u0000:${zone}`;
};

export class NodeTree {
  readonly #zones = new Map<string, Set<string>>();

  add(node: Node): void {
    const zone = zoneKeyOf(node);
    const names = this.#zones.get(zone);
    if (names === undefined) this.#zones.set(zone, new Set([node.metadata.name]));
    else names.add(node.metadata.name);
  }

  remove(node: Node): void {
    const zone = zoneKeyOf(node);
    const names = this.#zones.get(zone);
    if (names === undefined) return;
    names.delete(node.metadata.name);
    if (names.size === 0) this.#zones.delete(zone);
  }

  update(old: Node, current: Node): void {
    if (zoneKeyOf(old) === zoneKeyOf(current)) return;
    this.remove(old);
    this.add(current);
  }

  /** All names, round-robin over zones. */
  list(): string[] {
    const list: string[] = [];
    const zones = [...this.#zones.values()].map((names) => [...names]);
    let longest = 0;
    for (const names of zones) if (names.length > longest) longest = names.length;
    for (let i = 0; i < longest; i += 1) {
      for (const names of zones) {
        const name = names[i];
        if (name !== undefined) list.push(name);
      }
    }
    return list;
  }
}
