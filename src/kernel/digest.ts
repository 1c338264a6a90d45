/**
 * A 32-bit digest of a step's effects: kinds, receivers, delays and message kinds, in order.
 *
 * It is in every record at every level, so a replay notices an extra, a missing or a swapped effect at the step that made
 * it, long before its consequences show.
 */
import type { Effect } from '../actor/actor.ts';
import { plain } from '../log/plain.ts';
import type { EffectNote, Json } from '../log/record.ts';

export class Digest {
  value = 0;
  private readonly names = new Map<string, number>();

  reset(): void {
    this.value = 0;
  }

  add(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        return this.mix(1, this.hash(effect.to), this.hash(effect.message.kind));
      case 'timer':
        return this.mix(2 + effect.delay * 8, this.hash(effect.key), this.hash(effect.message.kind));
      case 'cancel':
        return this.mix(3, this.hash(effect.key), 0);
      case 'spawn':
        return this.mix(4, this.hash(effect.actor.id), 0);
      case 'stop':
        return this.mix(5, this.hash(effect.id), 0);
      case 'monitor':
        return this.mix(6, this.hash(effect.id), 0);
    }
  }

  private mix(kind: number, x: number, y: number): void {
    const high = Math.floor(kind / 4294967296);
    let h = Math.imul(this.value ^ (kind | 0), 0x85ebca6b) ^ high;
    h = Math.imul((h ^ (h >>> 15)) + x, 0xc2b2ae35);
    h = Math.imul((h ^ (h >>> 13)) + y, 0x27d4eb2f);
    this.value = (h ^ (h >>> 16)) >>> 0;
  }

  /** FNV-1a of a name, remembered: names repeat, and there are few of them. */
  private hash(name: string): number {
    let hash = this.names.get(name);
    if (hash !== undefined) return hash;
    hash = 0x811c9dc5;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    if (this.names.size > 100_000) this.names.clear();
    this.names.set(name, hash);
    return hash;
  }
}

/** An effect as it is kept at level `full`. */
export function noteOf(effect: Effect): EffectNote {
  switch (effect.kind) {
    case 'send':
      return { kind: 'send', target: effect.to, message: effect.message.kind, body: plain(effect.message) as unknown as Json };
    case 'timer':
      return { kind: 'timer', target: effect.key, message: effect.message.kind, delay: effect.delay };
    case 'cancel':
      return { kind: 'cancel', target: effect.key };
    case 'spawn':
      return { kind: 'spawn', target: effect.actor.id };
    case 'stop':
      return { kind: 'stop', target: effect.id };
    case 'monitor':
      return { kind: 'monitor', target: effect.id };
  }
}
