/**
 * Which images the nodes report, how big, and on how many nodes each is.
 *
 * The size is the one that the first node reported. Source: pkg/scheduler/backend/cache/cache.go.
 */
import type { Node } from '../../object/types.ts';
import type { ImageState } from '../framework/node-info.ts';

interface Image {
  readonly size: number;
  readonly nodes: Set<string>;
}

const namesOf = (node: Node): [string, number][] => {
  const names: [string, number][] = [];
  for (const image of node.status?.images ?? []) {
    for (const name of image.names ?? []) names.push([name, image.sizeBytes ?? 0]);
  }
  return names;
};

const NONE: ReadonlyMap<string, ImageState> = new Map();

export class ImageStates {
  readonly #images = new Map<string, Image>();

  add(node: Node): void {
    for (const [name, size] of namesOf(node)) {
      const image = this.#images.get(name);
      if (image === undefined) this.#images.set(name, { size, nodes: new Set([node.metadata.name]) });
      else image.nodes.add(node.metadata.name);
    }
  }

  remove(node: Node): void {
    for (const [name] of namesOf(node)) {
      const image = this.#images.get(name);
      if (image === undefined) continue;
      image.nodes.delete(node.metadata.name);
      if (image.nodes.size === 0) this.#images.delete(name);
    }
  }

  /** The node's images as of now. Later changes on other nodes do not show until this one is asked again. */
  of(node: Node): ReadonlyMap<string, ImageState> {
    const names = namesOf(node);
    if (names.length === 0) return NONE;
    const states = new Map<string, ImageState>();
    for (const [name] of names) {
      const image = this.#images.get(name);
      if (image !== undefined) states.set(name, { size: image.size, nodes: image.nodes.size });
    }
    return states;
  }
}
