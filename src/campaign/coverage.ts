/**
 * What a run has been through: tuples of (type of actor, its state, what it handled), as Coyote counts coverage.
 *
 * The state is what the world says of an actor; without that, the kind of the last fact that it recorded. With each tuple goes the
 * number of choices that the run had made by then, so that a guided search can go on from there.
 */
import type { Draw } from './chooser.ts';
import type { World } from './model.ts';

/** A tuple, and how many choices had been made when it was first seen in this run. */
export type Covered = readonly [tuple: string, choices: number];

export class Coverage {
  private readonly seen = new Map<string, number>();
  private readonly lastFact = new Map<string, string>();
  private choices = 0;

  /** For {@link RunOptions.onDraw}. Picks of a schedule are no draws of the chooser. */
  readonly onDraw = ({ stream }: Draw): void => {
    if (stream !== '$kernel:next') this.choices++;
  };

  /** For {@link RunOptions.onWorld}. */
  readonly onWorld = ({ kernel, stateOf }: World): void => {
    const types = new Map<string, string>();
    kernel.committed$.subscribe(({ actor, via, kind, facts }) => {
      let type = types.get(actor);
      if (type === undefined) {
        for (const one of kernel.actors()) types.set(one.id, one.type);
        types.set(actor, (type = types.get(actor) ?? actor));
      }
      const last = facts[facts.length - 1];
      if (last !== undefined) this.lastFact.set(actor, last.kind);
      const tuple = `${type} ${stateOf?.(actor) ?? this.lastFact.get(actor) ?? ''} ${via} ${kind}`;
      if (!this.seen.has(tuple)) this.seen.set(tuple, this.choices);
    });
  };

  /** In the order in which they were seen. */
  all(): readonly Covered[] {
    return [...this.seen];
  }
}
