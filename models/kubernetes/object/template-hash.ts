/**
 * The hashes of pod templates that stand in names: of ReplicaSets, DaemonSet revisions and their pods.
 *
 * Source: pkg/controller/controller_utils.go (ComputeHash), pkg/util/hash/hash.go (DeepHashObject).
 */
import { goDump } from './go/dump.ts';
import { fnv32a, fnv32aBytes, safeEncodeString } from './hash.ts';

/** `ComputeHash`: FNV-1a over Go's dump of the template, with the collision count behind it (8 bytes, little endian) when there is one. */
export function templateHash(template: unknown, collisionCount: number | undefined): string {
  const hash = fnv32a(goDump('v1.PodTemplateSpec', template));
  return safeEncodeString(String(collisionCount === undefined ? hash : fnv32aBytes(littleEndian(collisionCount), hash)));
}

const littleEndian = (count: number): number[] => [0, 8, 16, 24].map((shift) => (count >>> shift) & 255).concat(0, 0, 0, 0);
