/**
 * Named random streams.
 *
 * A stream is a function of the run's seed and a path of names (an actor, a purpose), so adding an actor or drawing more
 * often for one purpose never changes what another stream draws. Names are hashed with their lengths, so `['ab', 'c']`
 * and `['a', 'bc']` are different streams (Temporal's `random-stream-seed.ts` does the same for the same reason).
 */
import { Sfc32 } from './sfc32.ts';

/** One round of MurmurHash3's 32-bit mixing. */
function mix(hash: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  k = Math.imul(k, 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

/** MurmurHash3's finaliser: every input bit reaches every output bit. */
function finish(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Hashes a path of names with a lane number; four lanes make the 128 bits of a generator's state. */
function lane(seed: string, path: readonly string[], salt: number): number {
  let hash = mix(salt, path.length + 1);
  for (const name of [seed, ...path]) {
    hash = mix(hash, name.length);
    for (let i = 0; i < name.length; i++) hash = mix(hash, name.charCodeAt(i));
  }
  return finish(hash);
}

/** The generator of the stream that `seed` and `path` name. The first 12 draws are discarded, as sfc32's author advises. */
export function stream(seed: string, ...path: readonly string[]): Sfc32 {
  const generator = new Sfc32(
    lane(seed, path, 0x9e3779b9),
    lane(seed, path, 0x243f6a88),
    lane(seed, path, 0xb7e15162),
    lane(seed, path, 0x71374491),
  );
  for (let i = 0; i < 12; i++) generator.next();
  return generator;
}
