/**
 * Buggify sites: places in a model's code where it may behave badly but legally, each with a stable name.
 *
 * Whether a site is active in a run follows from the seed and its name, whether it fires from a stream of its own, so adding a
 * site in the middle of the code changes neither the other sites nor any other draw.
 */
import type { Context } from '../actor/actor.ts';
import { stream } from '../random/stream.ts';

const MILLION = 1_000_000;

/** The sites of one run. */
export class Sites {
  private readonly seed: string;
  private readonly activePpm: number;
  private readonly firePpm: number;
  private readonly isActive = new Map<string, boolean>();

  /** `activePpm`: how many of a million sites are active in a run; `firePpm`: how often an active one fires. FoundationDB: 25 %, 25 %. */
  constructor(seed: string, options: { readonly activePpm?: number; readonly firePpm?: number } = {}) {
    this.seed = seed;
    this.activePpm = options.activePpm ?? 250_000;
    this.firePpm = options.firePpm ?? 250_000;
  }

  /** Is a site active in this run? */
  active(name: string): boolean {
    let found = this.isActive.get(name);
    if (found === undefined) {
      found = stream(this.seed, 'site', name).below(MILLION) < this.activePpm;
      this.isActive.set(name, found);
    }
    return found;
  }

  /** Does the site fire now? Draws only when it is active; shows in the log when it fires. */
  fires(context: Pick<Context, 'choose' | 'record'>, name: string): boolean {
    if (!this.active(name) || context.choose(`site/${name}`, MILLION) >= this.firePpm) return false;
    context.record('fault.site', { site: name });
    return true;
  }
}
