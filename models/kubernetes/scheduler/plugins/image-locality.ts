/**
 * ImageLocality: prefers nodes that have the pod's images, big ones more, images on few nodes less.
 *
 * Source: pkg/scheduler/framework/plugins/imagelocality/image_locality.go.
 */
import type { Pod } from '../../object/types.ts';
import type { NodeInfo } from '../framework/node-info.ts';
import type { Plugin } from '../framework/plugin.ts';
import { SCORE_MAX } from './normalize.ts';

const NAME = 'ImageLocality';
const MIB = 1024 * 1024;
/** Images smaller than this are not worth a preference. */
const MIN_THRESHOLD = 23 * MIB;
/** Per container, more than this is not worth more. */
const MAX_CONTAINER_THRESHOLD = 1000 * MIB;

/** The name under which nodes report the image: with a tag, `latest` if none is given. */
export const normalizedImageName = (name: string): string =>
  name.lastIndexOf(':') <= name.lastIndexOf('/') ? `${name}:latest` : name;

const imagesOf = ({ spec }: Pod): string[] => {
  const images: string[] = [];
  for (const { image } of spec.initContainers ?? []) images.push(normalizedImageName(image ?? ''));
  for (const { image } of spec.containers) images.push(normalizedImageName(image ?? ''));
  return images;
};

const score = (row: NodeInfo, images: readonly string[], nodes: number): number => {
  let sum = 0;
  for (const name of images) {
    const image = row.images.get(name);
    if (image !== undefined) sum += Math.trunc(image.size * (image.nodes / nodes));
  }
  const greatest = MAX_CONTAINER_THRESHOLD * images.length;
  const clamped = Math.min(Math.max(sum, MIN_THRESHOLD), greatest);
  return Math.trunc((SCORE_MAX * (clamped - MIN_THRESHOLD)) / (greatest - MIN_THRESHOLD));
};

export const imageLocality = (): Plugin<undefined, readonly string[]> => ({
  name: NAME,
  preScore: (cycle) => ({ kind: 'ok', own: imagesOf(cycle.pod.pod) }),
  score: (cycle, row, own) => (row.images.size === 0 ? 0 : score(row, own, cycle.snapshot.nodes.length)),
  scoreClass: (cycle, own) => `${cycle.snapshot.nodes.length} ${own.join(' ')}`,
});
